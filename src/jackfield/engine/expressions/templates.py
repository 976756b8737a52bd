"""Templates: values of a connector with strings in them, at any depth."""

import re
from typing import Final

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.js import settle
from jackfield.engine.expressions.text import compile_text, is_static
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object

_DEEPEST: Final = 64
_MAY_FAIL: Final = re.compile(r"\$\{|\A\s*\$.*(?:[(*]|\.\.)", re.DOTALL)


def compile_value(template: Json, mode: Mode) -> Evaluate:
    """
    Compile every string inside `template`. Undefined entries of objects are left out.

    Undefined items of lists are left out in strict mode and kept in compat mode, in which a string
    that cannot be evaluated is null.

    Raises:
        InvalidExpression: the template is nested too deeply, or in strict mode a string is not a
            valid expression.
    """
    return _compile(template, mode, 0)


def compile_settled(template: Json, mode: Mode) -> Evaluate:
    """Compile like `compile_value`, with null for undefined items of lists."""
    evaluate = compile_value(template, mode)
    if mode == "strict" or not _may_have_holes(template):
        return evaluate
    return lambda scope: settle(evaluate(scope))


def _may_have_holes(template: Json) -> bool:
    if is_object(template):
        return any(map(_may_have_holes, template.values()))
    return is_list(template) and not is_constant(template)


def is_constant(template: Json) -> bool:
    """Whether `template` evaluates to itself in every scope."""
    if isinstance(template, str):
        return is_static(template)
    if is_object(template):
        return all(is_constant(value) for value in template.values())
    if is_list(template):
        return all(map(is_constant, template))
    return True


def compile_safely(text: str, mode: Mode) -> Evaluate:
    """Compile one string; in compat mode an invalid one evaluates to null."""
    if mode == "strict":
        return compile_text(text, mode)
    try:
        evaluate = compile_text(text, mode)
    except InvalidExpression:
        return lambda _scope: None

    def evaluate_safely(scope: EvaluationScope) -> Json:
        try:
            return evaluate(scope)
        except InvalidExpression:
            return None

    return evaluate_safely if may_fail(text) else evaluate


def none_if_undefined(value: Json) -> Json:
    return None if value is UNDEFINED else value


def may_fail(text: str) -> bool:
    """Whether a text that compiles in compat mode can raise when it is evaluated."""
    return _MAY_FAIL.search(text) is not None


def _compile(template: Json, mode: Mode, depth: int) -> Evaluate:
    if depth > _DEEPEST:
        msg = "Value nested too deeply"
        raise InvalidExpression(msg, reason=f"values may be nested {_DEEPEST} deep")
    if isinstance(template, str):
        return compile_safely(template, mode)
    if is_constant(template):
        return lambda _scope: template
    if is_object(template):
        entries = [(key, _compile(value, mode, depth + 1)) for key, value in template.items()]
        return _entries(entries)
    return _items([_compile(item, mode, depth + 1) for item in template], mode)


def _entries(entries: list[tuple[str, Evaluate]]) -> Evaluate:
    def evaluate(scope: EvaluationScope) -> Json:
        made: dict[str, Json] = {}
        for key, value in entries:
            result = value(scope)
            if result is not UNDEFINED:
                made[key] = result
        return made

    return evaluate


def _items(items: list[Evaluate], mode: Mode) -> Evaluate:
    if mode == "compat":
        return lambda scope: [item(scope) for item in items]

    def evaluate(scope: EvaluationScope) -> Json:
        results = [item(scope) for item in items]
        return [result for result in results if result is not UNDEFINED]

    return evaluate
