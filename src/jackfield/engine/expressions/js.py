"""
JavaScript's value semantics: `+`, `==`, `<` and `String()`.

Values are JSON's, with `UNDEFINED` for undefined and `Date`. Numbers are
JavaScript's doubles, kept as `int` while they are whole and small enough to be exact.
"""

import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, final

from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object

EXACT: Final = 2**53
_LONGEST_PLAIN: Final = 21
_CALENDAR_YEARS: Final = 400
_LONGEST_INDEX: Final = 12
_SAFE_DIGITS: Final = 15
_SMALLEST_PLAIN: Final = -6
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_RADIX: Final = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_BLANKS: Final = " \t\n\v\f\r\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)


@final
class Date:
    """JavaScript's `Date`: a moment made by an expression, which is text in JSON."""

    __slots__ = ("moment",)

    def __init__(self, moment: datetime) -> None:
        self.moment = moment


def truthy(value: Json) -> bool:
    """Whether `value` is truthy: lists and objects are, even empty ones."""
    kind: object = value.__class__
    if kind is bool:
        return value
    if kind is list or kind is dict:
        return True
    return bool(value) and not (kind is float and math.isnan(value))


def whole(number: float) -> float:
    """Return `number` as an `int` if that is exact."""
    if number.is_integer() and -EXACT <= number <= EXACT:
        return int(number)
    return number


def to_number(value: Json) -> float:  # noqa: PLR0911 - one for each type
    kind: object = value.__class__
    if kind is int:
        return value if -EXACT <= value <= EXACT else _double(value)
    if kind is float:
        return value
    if kind is bool:
        return int(value)
    if value is None:
        return 0
    if kind is str:
        return _parse(value)
    if kind is list:
        return _parse(to_text(value))
    if isinstance(value, Date):
        return whole(value.moment.timestamp() * 1000 // 1)
    return math.nan


def to_text(value: Json) -> str:  # noqa: PLR0911 - one for each type
    kind: object = value.__class__
    if kind is str:
        return value
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is float:
        return number_text(value)
    if value is None:
        return "null"
    if kind is list:
        return ",".join(
            "" if item is None or item is UNDEFINED else to_text(item) for item in value
        )
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, Date):
        return value.moment.astimezone(UTC).strftime(
            "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)"
        )
    return "[object Object]"


def number_text(number: float) -> str:
    """Format a number as JavaScript does: `5`, `0.1`, `1e+21`, `NaN`."""
    if isinstance(number, int) and -EXACT <= number <= EXACT:
        return str(number)
    double = _double(number)
    if not math.isfinite(double):
        return "NaN" if math.isnan(double) else "Infinity" if double > 0 else "-Infinity"
    if double == 0:
        return "0"
    sign, figures, exponent = Decimal(repr(double)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    return ("-" if sign else "") + _place_point(digits, len(digits) + int(exponent))


def iso_text(moment: datetime) -> str:
    """Format a moment as JSON has a Date: UTC, with milliseconds."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        # In UTC it is in a year before or after those that Python has: the calendar repeats itself.
        cycle = _CALENDAR_YEARS if moment.year == 1 else -_CALENDAR_YEARS
        other = moment.replace(year=moment.year + cycle).astimezone(UTC)
        year = "0000" if cycle > 0 else "+010000"
        return year + iso_text(other)[4:]
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def add(left: Json, right: Json) -> Json:
    lefts: object = left.__class__
    rights: object = right.__class__
    if lefts is int and rights is int:
        return left + right if -EXACT <= left + right <= EXACT else _double(left + right)
    if lefts in _TEXTUAL or rights in _TEXTUAL:
        return to_text(left) + to_text(right)
    return whole(float(to_number(left)) + float(to_number(right)))


def subtract(left: Json, right: Json) -> Json:
    return whole(float(to_number(left)) - float(to_number(right)))


def multiply(left: Json, right: Json) -> Json:
    return whole(float(to_number(left)) * float(to_number(right)))


def divide(left: Json, right: Json) -> Json:
    over, under = float(to_number(left)), float(to_number(right))
    if under:
        return whole(over / under)
    if over == 0 or math.isnan(over) or math.isnan(under):
        return math.nan
    return math.copysign(math.inf, over) * math.copysign(1, under)


def floor_divide(left: Json, right: Json) -> Json:
    quotient: float = divide(left, right)
    return math.floor(quotient) if math.isfinite(quotient) else quotient


def remainder(left: Json, right: Json) -> Json:
    over, under = float(to_number(left)), float(to_number(right))
    if under == 0 or not math.isfinite(over):
        return math.nan
    return whole(math.fmod(over, under))


def power(left: Json, right: Json) -> Json:
    base, exponent = float(to_number(left)), float(to_number(right))
    if math.isnan(exponent) or (abs(base) == 1 and math.isinf(exponent)):
        return math.nan
    try:
        return whole(math.pow(base, exponent))
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 else math.inf
    except ValueError:
        return math.inf if base == 0 else math.nan


def loosely_equal(left: Json, right: Json) -> bool:
    """`==`: null equals undefined; values of different types are compared as numbers or texts."""
    if left is None or left is UNDEFINED or right is None or right is UNDEFINED:
        return (left is None or left is UNDEFINED) and (right is None or right is UNDEFINED)
    lefts: object = left.__class__
    rights: object = right.__class__
    if lefts is rights:
        return left is right if lefts in _OBJECTS else bool(left == right)
    if lefts in _OBJECTS:
        return rights not in _OBJECTS and loosely_equal(to_text(left), right)
    if rights in _OBJECTS:
        return loosely_equal(left, to_text(right))
    return to_number(left) == to_number(right)


def strictly_equal(left: Json, right: Json) -> bool:
    """`===`: same type and value; lists and objects are equal to themselves alone."""
    lefts: object = left.__class__
    rights: object = right.__class__
    if lefts in _OBJECTS or rights in _OBJECTS:
        return left is right
    if lefts is rights or (lefts in _NUMBERS and rights in _NUMBERS):
        return bool(left == right)
    return False


def less(left: Json, right: Json) -> bool:
    left, right = _comparable(left, right)
    return left < right


def less_or_equal(left: Json, right: Json) -> bool:
    left, right = _comparable(left, right)
    return left <= right


def contains(member: Json, container: Json) -> bool:
    """`member in container`: part of a text, or strictly one of a list."""
    kind: object = container.__class__
    if kind is str:
        return to_text(member) in container
    if kind is list:
        return any(strictly_equal(item, member) for item in container)
    return False


def own(value: Json, name: str) -> Json:
    """Return the own property `name` of `value`: a key, an index or `length`."""
    kind: object = value.__class__
    if kind is dict:
        return value.get(name, UNDEFINED)
    if kind is list or kind is str:
        if name.isdecimal() and name.isascii() and (name == "0" or name[0] != "0"):
            index = int(name[:_LONGEST_INDEX])
            return value[index] if index < len(value) else UNDEFINED
        if name == "length":
            return length(value)
    return UNDEFINED


def spread(value: Json) -> dict[str, Json]:
    """`{...value}`: the own entries of anything."""
    kind: object = value.__class__
    if kind is dict:
        return dict(value)
    if kind is list or kind is str:
        return {str(index): item for index, item in enumerate(value)}
    return {}


def settle(value: Json) -> Json:
    """Take `MISSING` and dates out of a value an expression put together itself."""
    if is_object(value):
        return {key: settle(inner) for key, inner in value.items() if inner is not UNDEFINED}
    if is_list(value):
        return [None if item is UNDEFINED else settle(item) for item in value]
    return iso_text(value.moment) if isinstance(value, Date) else value


def in_order(entries: dict[str, Json]) -> dict[str, Json]:
    """Return entries in the order of an object's keys: whole numbers first, ascending."""
    indices = [key for key in entries if key[:1].isdecimal() and _INDEX_KEY.fullmatch(key)]
    if not indices:
        return entries
    return {**{key: entries[key] for key in sorted(indices, key=int)}, **entries}


def length(value: str | list[Json]) -> int:
    """Count as JavaScript does: texts in UTF-16 units."""
    if isinstance(value, str) and not value.isascii():
        return len(value.encode("utf-16-le", "surrogatepass")) // 2
    return len(value)


_INDEX_KEY: Final = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)
_TEXTUAL: Final[frozenset[object]] = frozenset({str, list, dict, Date})
_OBJECTS: Final[frozenset[object]] = frozenset({list, dict, Date})
_NUMBERS: Final[frozenset[object]] = frozenset({int, float})


def _comparable(left: Json, right: Json) -> tuple[Json, Json]:
    lefts: object = left.__class__
    rights: object = right.__class__
    if lefts is list or lefts is dict:
        left, lefts = to_text(left), str
    if rights is list or rights is dict:
        right, rights = to_text(right), str
    if lefts is str and rights is str:
        return left, right
    return to_number(left), to_number(right)


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _parse(text: str) -> float:
    if len(text) <= _SAFE_DIGITS and text.isdecimal() and text.isascii():
        return int(text)
    text = text.strip(_BLANKS)
    if not text:
        return 0
    if _DECIMAL.fullmatch(text):
        return whole(float(text))
    if _RADIX.fullmatch(text):
        return whole(_double(int(text, 0)))
    signed = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
    return signed.get(text, math.nan)


def _place_point(digits: str, point: int) -> str:
    if len(digits) <= point <= _LONGEST_PLAIN:
        return digits.ljust(point, "0")
    if 0 < point <= _LONGEST_PLAIN:
        return f"{digits[:point]}.{digits[point:]}"
    if _SMALLEST_PLAIN < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}e{point - 1:+d}"
