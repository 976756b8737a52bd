"""Type casts with JavaScript's semantics."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from jackfield.engine.dates import read_date
from jackfield.engine.expressions import js
from jackfield.engine.wire.json import decode_json, encode_text
from jackfield.kit.json import Json, is_object

_DATE_LENGTH: Final = 10


def to_string(value: Json) -> Json:
    if value.__class__ is str:
        return value or None
    if isinstance(value, js.Date):
        return js.iso_text(value.moment)
    return encode_text(value) if is_object(value) else js.to_text(value)


def to_number(value: Json) -> Json:
    if value == "":
        return None
    number = js.to_number(value)
    return None if math.isnan(number) else number


def to_boolean(value: Json) -> Json:
    if value == "":
        return None
    return value not in ("false", "0") and js.truthy(value)


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


# By the type of a field. An enum is not cast.
CASTS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "string": to_string,
    "number": to_number,
    "boolean": to_boolean,
    "datetime_string": to_datetime,
    "json": to_json,
}
