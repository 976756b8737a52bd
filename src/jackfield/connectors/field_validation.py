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
# Marks of no width, which copying brings along; those that join characters are part of texts.
_MARKS: Final = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INVISIBLE: Final = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_MARKS}]")
_TRIMMED: Final = _MARKS + "".join(filter(str.isspace, map(chr, range(0x3001))))
_OF_MANY_LINES: Final = ("-----BEGIN ", "{", "<")
_NUMBER: Final = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")


@dataclass(frozen=True, slots=True)
class Checked:
    """The normalized values of a form, with its faults and warnings.

    `values` may be used only if there are no `faults`; `warnings` are shown to the user.
    """

    values: dict[str, str]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def check_credentials(
    fields: Sequence[Field], raw: Mapping[str, object], *, root: str = "credentials"
) -> Checked:
    """Check `raw` values by field; an empty text counts as absent. Faults never contain a value."""
    entered = {name: text for name, value in raw.items() if (text := _text(value))}
    faults = list(_misfits(fields, raw, root))
    warnings: list[Fault] = []
    values: dict[str, str] = {}
    for field in fields:
        if not _is_visible(field, entered | values):
            continue
        path = f"{root}.{field.key}"
        text = _filled(field, entered, values)
        if text is None:
            if field.required and _is_text(raw.get(field.key)):
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
    """Evaluate a condition or default on the values so far; an invalid one is `None`."""
    return compile_safely(text, "compat")({"credentials": dict(credentials), "output": output})


def spell(value: Json) -> str:
    """Return an expression's result as text; empty unless it is a text, number or boolean."""
    return _text(value) or ""


def visible_fields(fields: Sequence[Field], credentials: Mapping[str, str]) -> tuple[Field, ...]:
    return tuple(field for field in fields if _is_visible(field, credentials))


def _is_visible(field: Field, credentials: Mapping[str, str]) -> bool:
    if field.condition is None:
        return True
    return bool(evaluate(field.condition, credentials))


def _misfits(fields: Sequence[Field], raw: Mapping[str, object], root: str) -> Iterator[Fault]:
    """Yield the faults of unknown names, and of values that are not texts."""
    labels = {field.key: field.label for field in fields}
    for name, value in raw.items():
        if name not in labels:
            meant = suggestion(name, labels)
            hint = f" Did you mean '{meant}'?" if meant else ""
            yield Fault(f"{root}.{name}", f"This is not asked for.{hint}")
        elif not _is_text(value):
            yield Fault(f"{root}.{name}", f"{labels[name]} must be a text.")


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _text(value: object) -> str | None:
    """Return a value as stripped text; `None` if it is empty or not a text."""
    if not isinstance(value, str | int | float):
        return None
    return spell_value(value).strip(_TRIMMED) or None


def _filled(field: Field, entered: Mapping[str, str], values: Mapping[str, str]) -> str | None:
    """Return the entered value, or the field's own value if it is computed or a default."""
    text = entered.get(field.key)
    if field.value is None or (text and not field.computed and not field.read_only):
        return text
    if not is_evaluated(field.value):
        return field.value
    return _text(evaluate(field.value, values))


def _normalize(field: Field, text: str) -> tuple[str, str | None]:
    """Return the value to store, and a message if it is invalid."""
    if len(text) > _LONGEST:
        return "", f"{field.label} is too long."
    if field.type == "select":
        return _option(field, text)
    return (text, None) if (fault := _fault_of(field, text)) is None else ("", fault)


def _fault_of(field: Field, text: str) -> str | None:
    validation = field.validation
    # A well-known form says itself which characters it has.
    if (validation is None or not validation.format) and _is_unsendable(field, text):
        return f"{field.label} holds a line break or an invisible character: copy it again."
    if field.type == "number" and not _NUMBER.fullmatch(text):
        return f"{field.label} must be a number."
    if validation is None or _is_valid(validation, text):
        return None
    return validation.message or f"{field.label} does not have the expected form."


def _is_unsendable(field: Field, text: str) -> bool:
    """Tell whether a value holds what no header can; keys of many lines, and files, may."""
    has_lines = field.type == "text_area" or text.startswith(_OF_MANY_LINES)
    return (_CONTROLS if has_lines else _INVISIBLE).search(text) is not None


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
