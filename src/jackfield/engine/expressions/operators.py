"""The operators of expressions: JavaScript's in compat mode, in strict mode those that lose nothing."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions import js, strict_values
from jackfield.kit.json import Json

Operator: TypeAlias = Callable[[Json, Json], Json]

_PUBLISHED: Final[Mapping[str, Operator]] = {
    "+": js.add,
    "-": js.subtract,
    "*": js.multiply,
    "/": js.divide,
    "//": js.floor_divide,
    "%": js.remainder,
    "^": js.power,
    "==": js.loosely_equal,
    "!=": lambda left, right: not js.loosely_equal(left, right),
    "===": js.strictly_equal,
    "!==": lambda left, right: not js.strictly_equal(left, right),
    "<": js.less,
    "<=": js.less_or_equal,
    ">": lambda left, right: js.less(right, left),
    ">=": lambda left, right: js.less_or_equal(right, left),
    "in": js.contains,
}
OPERATORS: Final[Mapping[Mode, Mapping[str, Operator]]] = {
    "compat": _PUBLISHED,
    "strict": {
        **_PUBLISHED,
        "+": strict_values.add,
        "-": strict_values.subtract,
        "*": strict_values.multiply,
        "/": strict_values.divide,
        "//": strict_values.floor_divide,
        "%": strict_values.remainder,
        "^": strict_values.power,
        "==": strict_values.loosely_equal,
        "!=": lambda left, right: not strict_values.loosely_equal(left, right),
        "<": strict_values.less,
        "<=": strict_values.less_or_equal,
        ">": lambda left, right: strict_values.less(right, left),
        ">=": lambda left, right: strict_values.less_or_equal(right, left),
    },
}
