"""Strict mode's values: JavaScript's, except that nothing is lost when they are computed or written.

Whole numbers keep every digit, an object in a text is JSON, and what has no result (`NaN`, a
division by zero, a text put together with nothing) is undefined.
"""

import math
import re
from collections.abc import Callable
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions import js
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, encode

Operator: TypeAlias = Callable[[Json, Json], Json]

# Python refuses to write integers of more than 4300 digits, and no JSON with more is read.
_LONGEST_BITS: Final = 14_284
_INTEGER: Final = re.compile(r"\s*[+-]?\d{1,1000}\s*", re.ASCII)


_NO: Final = frozenset({"", "false", "0", "no", "off", "n", "f", "null", "none"})


def holds(value: Json) -> bool:
    """Tell what a flag means that may be a text or a number: `"true"`, `1`."""
    if isinstance(value, str):
        return value.strip().lower() not in _NO
    return js.truthy(value)


def to_text(value: Json) -> str:
    """Write `value` as a text; JSON where there is an object in it."""
    kind: object = value.__class__
    if kind is int and value.bit_length() <= _LONGEST_BITS:
        return str(value)
    if kind is dict:
        return encode(js.settle(value)).decode()
    if kind is list:
        return ",".join(
            "" if item is None or item is UNDEFINED else to_text(item) for item in value
        )
    return js.to_text(value)


def in_mode(mode: Mode) -> Callable[[Json], str]:
    """Return what writes a value as a text in `mode`."""
    return js.to_text if mode == "compat" else to_text


def to_number(value: Json) -> float:
    """Return the number `value` is or spells; `NaN` if it is none."""
    found = _integer(value)
    return js.to_number(value) if found is None else found


def _integer(value: Json) -> int | None:
    kind: object = value.__class__
    if kind is int:
        return value
    if kind is str and _INTEGER.fullmatch(value):
        return int(value)
    return None


def add(left: Json, right: Json) -> Json:
    lefts: object = left.__class__
    rights: object = right.__class__
    if lefts in _TEXTUAL or rights in _TEXTUAL:
        if left is None or right is None or left is UNDEFINED or right is UNDEFINED:
            return UNDEFINED
        return to_text(left) + to_text(right)
    return _sum(left, right)


def _arithmetic(on_integers: Callable[[int, int], int | None], otherwise: Operator) -> Operator:
    """Return an operator that is exact where both sides are whole, and undefined without a result."""

    def operate(left: Json, right: Json) -> Json:
        whole, other = _integer(left), _integer(right)
        if whole is not None and other is not None:
            exact = on_integers(whole, other)
            if exact is not None and exact.bit_length() <= _LONGEST_BITS:
                return exact
        result = otherwise(left, right)
        return result if math.isfinite(result) else UNDEFINED

    return operate


def _comparison(on_integers: Callable[[int, int], bool], otherwise: Operator) -> Operator:
    """Return a comparison that is exact where a whole number meets one, or a text that is one."""

    def compare(left: Json, right: Json) -> Json:
        lefts: object = left.__class__
        rights: object = right.__class__
        if lefts is int or rights is int:
            whole, other = _integer(left), _integer(right)
            if whole is not None and other is not None:
                return on_integers(whole, other)
        return otherwise(left, right)

    return compare


def _quotient(left: int, right: int) -> int | None:
    return left // right if right and left % right == 0 else None


def _floor(left: int, right: int) -> int | None:
    return left // right if right else None


def _rest(left: int, right: int) -> int | None:
    """Return what is left of a division, with the sign of `left`, as JavaScript has it."""
    if not right:
        return None
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


_TEXTUAL: Final[frozenset[object]] = frozenset({str, list, dict, js.Date})

_sum: Final = _arithmetic(int.__add__, js.add)

subtract: Final = _arithmetic(int.__sub__, js.subtract)
multiply: Final = _arithmetic(int.__mul__, js.multiply)
divide: Final = _arithmetic(_quotient, js.divide)
floor_divide: Final = _arithmetic(_floor, js.floor_divide)
remainder: Final = _arithmetic(_rest, js.remainder)
power: Final = _arithmetic(lambda _left, _right: None, js.power)
loosely_equal: Final = _comparison(int.__eq__, js.loosely_equal)
less: Final = _comparison(int.__lt__, js.less)
less_or_equal: Final = _comparison(int.__le__, js.less_or_equal)
