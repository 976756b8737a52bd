"""Type casts with JavaScript's semantics."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from jackfield.engine.dates import read_date
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.wire.json import decode_json, encode_text
from jackfield.kit.json import Json, is_object

_DATE_LENGTH: Final = 10


def to_string(value: Json) -> Json:
    return _string(value, js.to_text)


def to_number(value: Json) -> Json:
    if value == "":
        return None
    number = js.to_number(value)
    return None if math.isnan(number) else number


def to_exact_string(value: Json) -> Json:
    return _string(value, strict_values.to_text)


def to_exact_number(value: Json) -> Json:
    if value == "":
        return None
    number = strict_values.to_number(value)
    return number if isinstance(number, int) or math.isfinite(number) else None


def to_boolean(value: Json) -> Json:
    if value == "":
        return None
    return value not in ("false", "0") and js.truthy(value)


def to_meant_boolean(value: Json) -> Json:
    """Take `"no"`, `"off"` and the like for false, in any case."""
    if isinstance(value, str) and value.strip():
        return strict_values.holds(value)
    return to_boolean(value)


def to_datetime(value: Json) -> Json:
    if isinstance(value, js.Date):
        return js.iso_text(value.moment)
    if not isinstance(value, str):
        return None
    if len(value) == _DATE_LENGTH and value[4] == value[7] == "-":
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return f"{value}T00:00:00.000Z"
    moment = read_date(value)
    return None if moment is None else js.iso_text(moment)


def to_json(value: Json) -> Json:
    """Parse a text as JSON; `None` if it is not."""
    if not isinstance(value, str):
        return value
    try:
        return decode_json(value.encode("utf-8", "surrogatepass"), "strict")
    except ValueError:
        return None


def _string(value: Json, to_text: Callable[[Json], str]) -> Json:
    if value.__class__ is str:
        return value or None
    if isinstance(value, js.Date):
        return js.iso_text(value.moment)
    return encode_text(value) if is_object(value) else to_text(value)


# By the type a field declares. An enum stays as it is.
CASTS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "string": to_string,
    "number": to_number,
    "boolean": to_boolean,
    "datetime_string": to_datetime,
    "json": to_json,
}
STRICT_CASTS: Final[Mapping[str, Callable[[Json], Json]]] = {
    **CASTS,
    "string": to_exact_string,
    "number": to_exact_number,
    "boolean": to_meant_boolean,
}
