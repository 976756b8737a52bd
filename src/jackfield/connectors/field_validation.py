"""Validation of form fields before the provider is called."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jackfield.connectors import patterns
from jackfield.connectors.fields import Field, Validation, spell_value
from jackfield.engine.expressions.templates import compile_safely
from jackfield.engine.inputs.formats import fits
from jackfield.engine.schema.expressions import is_evaluated
from jackfield.engine.schema.report import suggestion
from jackfield.kit.errors import Fault
from jackfield.kit.json import Json

_LONGEST: Final = 64 * 1024
_NUMBER: Final = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")


@dataclass(frozen=True, slots=True)
class Checked:
    """What was filled in, put in order, and everything that is wrong or doubtful about it.

    `values` may be used only if there are no `faults`; `warnings` are for the person to read.
    """

    values: dict[str, str]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def check_credentials(
    fields: Sequence[Field], given: Mapping[str, object], *, root: str = "credentials"
) -> Checked:
    """Check `given`, field by field; an empty text is nothing. Faults never hold a value."""
    entered = {name: text for name, value in given.items() if (text := _text(value))}
    faults = list(_misfits(fields, given, root))
    warnings: list[Fault] = []
    values: dict[str, str] = {}
    for field in fields:
        if not _is_visible(field, entered | values):
            continue
        path = f"{root}.{field.key}"
        text = _filled(field, entered, values)
        if text is None:
            if field.required and _is_text(given.get(field.key)):
                faults.append(Fault(path, f"{field.label} is required."))
            continue
        value, message = _normalize(field, text)
        if message is not None:
            faults.append(Fault(path, message))
            continue
        values[field.key] = value
        if field.advice and not patterns.matches(field.advice.pattern, value):
            warnings.append(Fault(path, field.advice.message))
    return Checked(values, tuple(faults), tuple(warnings))


def evaluate(text: str, credentials: Mapping[str, str], *, output: Json = None) -> Json:
    """Evaluate a condition or a default on what is filled in so far; a broken one is nothing."""
    return compile_safely(text, "compat")({"credentials": dict(credentials), "output": output})


def spell(value: Json) -> str:
    """Write what came of an expression as a text; what is no text, number or switch is nothing."""
    return _text(value) or ""


def visible_fields(fields: Sequence[Field], credentials: Mapping[str, str]) -> tuple[Field, ...]:
    return tuple(field for field in fields if _is_visible(field, credentials))


def _is_visible(field: Field, credentials: Mapping[str, str]) -> bool:
    if field.condition is None:
        return True
    return bool(evaluate(field.condition, credentials))


def _misfits(fields: Sequence[Field], given: Mapping[str, object], root: str) -> Iterator[Fault]:
    """Yield what is wrong with the names, and with values that no form gives."""
    labels = {field.key: field.label for field in fields}
    for name, value in given.items():
        if name not in labels:
            meant = suggestion(name, labels)
            hint = f" Did you mean '{meant}'?" if meant else ""
            yield Fault(f"{root}.{name}", f"This is not asked for.{hint}")
        elif not _is_text(value):
            yield Fault(f"{root}.{name}", f"{labels[name]} must be a text.")


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _text(value: object) -> str | None:
    """Return a value without the blanks around it; nothing for what is nothing."""
    if not isinstance(value, str | int | float):
        return None
    return spell_value(value).strip() or None


def _filled(field: Field, entered: Mapping[str, str], values: Mapping[str, str]) -> str | None:
    """Return what counts as filled in; what nobody may enter is worked out."""
    text = entered.get(field.key)
    if field.value is None or (text and not field.computed and not field.read_only):
        return text
    if not is_evaluated(field.value):
        return field.value
    return _text(evaluate(field.value, values))


def _normalize(field: Field, text: str) -> tuple[str, str | None]:
    """Return the value to keep, or what is wrong with it."""
    if len(text) > _LONGEST:
        return "", f"{field.label} is too long."
    if field.type == "select":
        return _option(field, text)
    if field.type == "number" and not _NUMBER.fullmatch(text):
        return "", f"{field.label} must be a number."
    validation = field.validation
    if validation is None:
        return text, None
    if _is_valid(validation, text):
        return text, None
    return "", validation.message or f"{field.label} does not have the expected form."


def _is_valid(validation: Validation, text: str) -> bool:
    if validation.pattern:
        return patterns.matches(validation.pattern, text)
    return fits(validation.format or "", text)


def _option(field: Field, text: str) -> tuple[str, str | None]:
    for option in field.options:
        if text == option.value:
            return option.value, None
    for option in field.options:
        if text.casefold() in {option.value.casefold(), option.label.casefold()}:
            return option.value, None
    labels = ", ".join(option.label for option in field.options)
    return "", f"{field.label} must be one of: {labels}."
