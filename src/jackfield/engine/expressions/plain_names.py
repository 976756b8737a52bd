"""
Fallback of compat mode for `${…}`: a dotted name looked up where JEXL finds nothing.

`user.a b`, `rows[0].id` and `rows['odd key']` are walked name by name, through objects and lists
alone; a code with a wildcard, a filter, a slice of two numbers or a descent is a JSONPath.
"""

import re
from typing import Final

from jackfield.engine.expressions.errors import EvaluationFault, SyntaxFault
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.paths import compile_path
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object

_FINDS_MANY: Final = re.compile(r"\.\.|\[\*\]|\[\?\(|\[\d+:\d+\]", re.ASCII)
_NAMES: Final = re.compile(r"\$|\['([^']+)'\]|\[\"([^\"]+)\"\]|\[(\d+)\]|([^\[\].]+)", re.ASCII)
# No list is as long; Python reads no number of thousands of digits.
_INDEX: Final = re.compile(r"\s*[+-]?\d{1,12}(?!\d)", re.ASCII)


def compile_names(code: str) -> Evaluate:
    """Compile `code`; the result is `UNDEFINED` for a missing value and for null."""
    if _FINDS_MANY.search(code):
        return _by_path(code)
    if not code:
        return lambda _scope: UNDEFINED
    names = ["".join(filter(None, found.groups())) or "$" for found in _NAMES.finditer(code)]

    def look_up(scope: EvaluationScope) -> Json:
        value: Json = scope
        for name in names:
            value = _member(value, name)
        return UNDEFINED if value is None else value

    return look_up


def _by_path(code: str) -> Evaluate:
    try:
        walk = compile_path(f"$.{code}", "compat")
    except SyntaxFault:
        return lambda _scope: UNDEFINED

    def look_up(scope: EvaluationScope) -> Json:
        try:
            value = walk(scope)
        except EvaluationFault:
            return UNDEFINED
        return UNDEFINED if value is None else value

    return look_up


def _member(value: Json, name: str) -> Json:
    if is_object(value):
        return value.get(name, UNDEFINED)
    if is_list(value) and (found := _INDEX.match(name)):
        index = int(found[0])
        return value[index] if 0 <= index < len(value) else UNDEFINED
    return UNDEFINED
