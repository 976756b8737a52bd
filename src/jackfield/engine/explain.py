"""Evaluated texts of a step, shown to connector authors in traces."""

from collections.abc import Iterator, Mapping

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.text import compile_text, is_static
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object

_OF_A_STEP = ("condition", "iterator", "stepFunction", "stepFunctions")
# Parts about the response, which does not exist yet, and about each of its records; and parts with
# the account's secrets.
_LEFT_OUT = frozenset({"customErrors", "response", "fields", "authorization", "authentication"})


def explain(
    step: Mapping[str, Json], scope: EvaluationScope, mode: Mode
) -> Iterator[tuple[str, str, Json]]:
    """
    Yield the path, the text and the current value of each expression of a step.

    Undefined values are `None`. Values are not redacted.
    """
    for name in _OF_A_STEP:
        for path, text in _texts(step.get(name), name):
            if is_static(text) or not text.strip():
                continue
            try:
                value = compile_text(text, mode)(scope)
            except InvalidExpression:
                value = None
            yield path, text, None if value is UNDEFINED else value


def _texts(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif is_object(value):
        for name, inner in value.items():
            if name in _LEFT_OUT:
                continue
            yield from _texts(inner, f"{path}.{name}")
    elif is_list(value):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{index}]")
