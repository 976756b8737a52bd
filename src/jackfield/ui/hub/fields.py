"""Form fields as the template shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from jackfield.connect.form import FormField, controlling_fields, visible_fields
from jackfield.connect.linking import Prefill
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.consoles import console_fields
from jackfield.connectors.fields import Advice, Field, Option
from jackfield.connectors.patterns import matches
from jackfield.language.catalog import Words

_TRIGGER: Final = "external-trigger-token"
_MOST_TILES: Final = 4


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field with the `attributes` of its control; a secret never has a `value`.

    `has_step` says that a step of the guide is about it, and `refreshes` that other fields depend on it.
    """

    id: str
    name: str
    type: str
    label: str
    description: str | None
    tooltip: str | None
    required: bool
    secret: bool
    read_only: bool
    value: str
    options: tuple[Option, ...]
    error: str | None
    advice: Advice | None
    advises: bool
    has_step: bool
    refreshes: bool
    attributes: Markup
    # Those of the group, if its options stand side by side.
    group_attributes: Markup

    @property
    def has_tiles(self) -> bool:
        """Whether its options stand side by side: they are few, and one of them has to be chosen."""
        return self.type == "select" and self.required and len(self.options) <= _MOST_TILES


def view_fields(
    method: AuthMethod,
    prefill: Prefill | None,
    *,
    words: Words,
    typed: Mapping[str, str] | None,
    faults: Mapping[str, str],
    trigger: str | None = None,
) -> tuple[FieldView, ...]:
    """Return the fields visible for the values so far; `trigger` is the session's trigger token."""
    values = dict(prefill.account.public_values) if prefill else {}
    values |= typed or {}
    tails: Mapping[str, str] = prefill.tails if prefill else {}
    controlling = console_fields(method.config_fields) | controlling_fields(method)
    return tuple(
        _view(
            each,
            _entered(each.field, values, trigger=trigger),
            words=words,
            tail=tails.get(each.field.key),
            fault=faults.get(each.field.key),
            method=method,
            refreshes=each.field.key in controlling,
        )
        for each in visible_fields(method, values)
    )


def _entered(field: Field, values: Mapping[str, str], *, trigger: str | None) -> str:
    if not field.read_only:
        return values.get(field.key, "")
    return trigger or "" if field.key == _TRIGGER else ""


def _view(  # noqa: PLR0913 - everything about one field
    form_field: FormField,
    value: str,
    *,
    words: Words,
    tail: str | None,
    fault: str | None,
    method: AuthMethod,
    refreshes: bool,
) -> FieldView:
    field = form_field.field
    advises = bool(field.advice and value and not matches(field.advice.pattern, value))
    error = None if fault is None else _translate(words, field, value, fault)
    return FieldView(
        id=f"field-{field.key}",
        name=field.key,
        type=field.type,
        label=field.label,
        description=field.description,
        tooltip=field.tooltip,
        required=field.required and tail is None,
        secret=field.secret,
        read_only=field.read_only,
        value="" if field.secret else value or form_field.value,
        options=field.options,
        error=error,
        advice=field.advice,
        advises=advises,
        has_step=_has_step(method, field.key),
        refreshes=refreshes,
        attributes=_attributes(field, words, tail=tail, error=error, refreshes=refreshes),
        group_attributes=_group_attributes(field, words, error=error),
    )


def _translate(words: Words, field: Field, value: str, fault: str) -> str:
    """Return a fault in the reader's language, if the hub has a translation of it."""
    if words.code == "en":
        return fault
    options = ", ".join(option.label for option in field.options)
    keys = {
        f"{field.label} is required.": "field.required",
        f"{field.label} must be one of: {options}.": "field.choice",
        f"{field.label} must be a number.": "field.number",
        f"{field.label} does not have the expected form.": "field.form",
    }
    key = "field.required" if not value and not field.secret else keys.get(fault)
    return fault if key is None else words(key, field=field.label, options=options)


def _has_step(method: AuthMethod, key: str) -> bool:
    sections = method.config_guide.sections if method.config_guide else ()
    return any(step.field == key for section in sections for step in section.steps)


def _attributes(
    field: Field, words: Words, *, tail: str | None, error: str | None, refreshes: bool
) -> Markup:
    placeholder = field.placeholder if tail is None else f"•••••••••• {tail}".strip()
    is_required = field.required and tail is None
    pattern = field.validation.pattern if field.validation else None
    attributes = {
        "placeholder": placeholder if field.type != "select" else None,
        "required": "" if is_required else None,
        "readonly": "" if field.read_only else None,
        "inputmode": "decimal" if field.type == "number" else None,
        "aria-invalid": "true" if error else None,
        "aria-describedby": _described_by(field),
        "data-required": words("field.required", field=field.label) if is_required else None,
        "data-pattern": pattern,
        "data-pattern-says": _pattern_says(field, words) if pattern else None,
        "data-number-says": words("field.number", field=field.label)
        if field.type == "number"
        else None,
        "data-refreshes": "" if refreshes else None,
    }
    return _joined(attributes)


def _group_attributes(field: Field, words: Words, *, error: str | None) -> Markup:
    attributes = {
        "aria-required": "true",
        "aria-invalid": "true" if error else None,
        "aria-describedby": _described_by(field),
        "data-required": words("field.required", field=field.label),
    }
    return _joined(attributes)


def _described_by(field: Field) -> str:
    described = [f"field-{field.key}-hint"] if field.description else []
    return " ".join([*described, f"field-{field.key}-error"])


def _joined(attributes: Mapping[str, str | None]) -> Markup:
    return Markup("").join(
        Markup(' {}="{}"').format(name, value)
        for name, value in attributes.items()
        if value is not None
    )


def _pattern_says(field: Field, words: Words) -> str:
    message = field.validation.message if field.validation else None
    return message or words("field.form", field=field.label)
