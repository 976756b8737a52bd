"""Extraction of a step's data from a response: `dataKey`, `nextKey`, `indexField`."""

from collections.abc import Callable
from typing import TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_safely
from jackfield.engine.expressions.text import compile_text, is_static
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object

# From the step's scope and the answer's content to a part of the content.
Extract: TypeAlias = Callable[[EvaluationScope, Json], Json]


def compile_key(key: str, mode: Mode, *, absent: Json = None) -> Extract:
    """
    Compile a bare path, a path from `$`, or a `{{…}}` expression on the content.

    In compat mode a path from `$` is evaluated on the step's scope and gives the bare path. If it
    gives none, the result is `absent`, or all of the content if that is `None`.
    """
    stripped = key.strip()
    if mode == "strict":
        return _compile_strict(stripped)
    inside = _compile_compat(stripped, absent)

    def extract(scope: EvaluationScope, content: Json) -> Json:
        if is_object(content) or is_list(content):
            return inside(scope, content)
        # The content has no parts: it is the data itself.
        return content if absent is None else absent

    return extract


def index_by(field: str, value: Json, mode: Mode, *, collection: bool) -> Json:
    """Return a list (as a `collection`) or one object as a map by one of its fields."""
    to_text = strict_values.in_mode(mode)
    if collection and is_list(value):
        keyed = [(js.own(row, field), row) for row in value]
        return {to_text(key): row for key, row in keyed if js.truthy(key)}
    if not collection and is_object(value) and js.truthy(value.get(field)):
        return {to_text(value[field]): value}
    return value


def _compile_strict(key: str) -> Extract:
    if key.startswith("{{"):
        return _expression(key, "strict")
    return _path(key if key.startswith("$") else _rooted(key, "strict"), key, "strict")


def _compile_compat(key: str, absent: Json) -> Extract:
    if key.startswith("{{"):
        return _expression(key, "compat")
    if is_static(key):
        return _path(_rooted(key, "compat"), key, "compat")
    return _computed(key, absent)


def _rooted(key: str, mode: Mode) -> str:
    return f"${key}" if mode == "strict" and key.startswith("[") else f"$.{key}"


def _path(path: str, literal: str, mode: Mode) -> Extract:
    try:
        walk = compile_text(path, mode)
    except InvalidExpression:
        # In compat mode an invalid path gives null, even if there is a key of that name.
        if mode == "compat":
            return lambda _scope, _content: None
        return lambda _scope, content: js.own(content, literal)
    strict = mode == "strict"

    def extract(_scope: EvaluationScope, content: Json) -> Json:
        kind: object = content.__class__
        try:
            value = walk(content) if kind is dict or strict else UNDEFINED
        except InvalidExpression:
            value = UNDEFINED
        return js.own(content, literal) if value is UNDEFINED else value

    return extract


def _expression(source: str, mode: Mode) -> Extract:
    evaluate = compile_safely(source, mode)

    def extract(_scope: EvaluationScope, content: Json) -> Json:
        kind: object = content.__class__
        return evaluate(content if kind is dict else {})

    return extract


def _computed(source: str, absent: Json) -> Extract:
    evaluate = compile_safely(source, "compat")

    def extract(scope: EvaluationScope, content: Json) -> Json:
        key = evaluate(scope)
        if not isinstance(key, str) or not key:
            return content if absent is None else absent
        return _path(_rooted(key, "compat"), key, "compat")(scope, content)

    return extract
