"""Paths to members of a token endpoint's answer, and what expressions about it see."""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_safely
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object

Find: TypeAlias = Callable[[Json], Json]

_PART: Final = re.compile(r"([^.\[\]]+)|\[(\d{1,12})\]")


def scope_of(body: Json, scope: EvaluationScope) -> EvaluationScope:
    """Return what expressions about an answer see: its members, and `credentials`."""
    members = body if is_object(body) else {}
    return {**scope, **members, "response": body}


def compile_path(written: str, mode: Mode) -> Find:
    """
    Compile a path to a member of an answer or another body: `data.access_token`, or an expression.

    Only this one place is looked at: a token that is found anywhere may be another's.
    """
    if written.startswith(("$", "{")):
        evaluate = compile_safely(written, mode)

        def by_expression(body: Json) -> Json:
            value = evaluate(scope_of(body, {}))
            return None if value is UNDEFINED else value

        return by_expression
    parts = [name or int(index) for name, index in _PART.findall(written)]

    def by_name(body: Json) -> Json:
        value = body
        for part in parts:
            if isinstance(part, int):
                value = value[part] if is_list(value) and part < len(value) else None
            else:
                value = value.get(part) if is_object(value) else None
        return value

    return by_name
