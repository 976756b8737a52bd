"""A form's fields, as the template shows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from jackfield.connect.linking import Prefill
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.fields import Advice, Field, Option
from jackfield.connectors.patterns import matches


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field. `attributes` go into its control; a secret never has a `value`."""

    id: str
    name: str
    type: str
    label: str
    description: str | None
    required: bool
    secret: bool
    value: str
    options: tuple[Option, ...]
    error: str | None
    advice: Advice | None
    advises: bool
    attributes: Markup


def view_fields(
    method: AuthMethod,
    prefill: Prefill | None,
    *,
    typed: Mapping[str, str] | None,
    faults: Mapping[str, str],
) -> tuple[FieldView, ...]:
    """Show the fields that what is filled in so far asks for."""
    known = dict(prefill.account.setup_information) if prefill else {}
    values = known if typed is None else {**known, **typed}
    tails: Mapping[str, str] = prefill.tails if prefill else {}
    return tuple(
        _view(
            field, values.get(field.key, ""), tail=tails.get(field.key), error=faults.get(field.key)
        )
        for field in method.visible(values)
        if not field.computed
    )


def _view(field: Field, value: str, *, tail: str | None, error: str | None) -> FieldView:
    advises = bool(field.advice and value and not matches(field.advice.pattern, value))
    return FieldView(
        id=f"field-{field.key}",
        name=field.key,
        type=field.type,
        label=field.label,
        description=field.description,
        required=field.required and tail is None,
        secret=field.secret,
        value="" if field.secret else value or field.value or "",
        options=field.options,
        error=error,
        advice=field.advice,
        advises=advises,
        attributes=_attributes(field, tail=tail, error=error),
    )


def _attributes(field: Field, *, tail: str | None, error: str | None) -> Markup:
    described = [f"field-{field.key}-hint"] if field.description else []
    described += [f"field-{field.key}-error"] if error else []
    placeholder = field.placeholder if tail is None else f"•••••••••• {tail}".strip()
    attributes = {
        "placeholder": placeholder,
        "required": "" if field.required and tail is None else None,
        "readonly": "" if field.read_only else None,
        "aria-invalid": "true" if error else None,
        "aria-describedby": " ".join(described) or None,
    }
    return Markup("").join(
        Markup(' {}="{}"').format(name, value)
        for name, value in attributes.items()
        if value is not None
    )
