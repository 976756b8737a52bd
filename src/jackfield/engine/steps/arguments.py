"""`args` of a step, compiled: values by location (query, headers, body)."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, TypeAlias, cast

from msgspec import Struct, field

from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import require_known, take_objects
from jackfield.engine.errors import InvalidStep, invalid_value, missing_field
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.templates import compile_value, is_constant
from jackfield.engine.expressions.text import compile_text
from jackfield.engine.inputs.errors import InvalidInputs, input_in
from jackfield.engine.schema.requests import ARG, ARRAY_FORMATS, LOCATIONS, SIMPLE_ARG
from jackfield.engine.steps.address import NOT_PLAIN, is_plain
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.json import encode_text
from jackfield.engine.wire.query import ArrayFormat, Query
from jackfield.kit.errors import Fault
from jackfield.kit.json import Json, is_list, is_object

Location: TypeAlias = Literal["query", "body", "headers"]

_NOT_IN_HEADER: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Argument(Struct, frozen=True):
    name: Evaluate
    value: Evaluate
    location: Location
    condition: Evaluate | None
    spread: bool
    inline: bool
    array_format: ArrayFormat | None
    # The input its value comes from, if it is one.
    input: str | None = None


class Draft(Struct):
    """
    The parts of a request under construction.

    A `body` of `None` is no body; `form` holds the fields of a form that have a style of their own.
    """

    query: Query = field(default_factory=Query)
    form: Query = field(default_factory=Query)
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: Json = None


def compile_arguments(
    document: Json, mode: Mode, *, with_body_forms: bool = True
) -> tuple[Argument, ...]:
    """
    Compile a list of args. `spread` and `inline` are allowed only `with_body_forms`.

    Raises:
        InvalidStep: one of them is malformed.
        InvalidExpression: a condition, or in strict mode any text, cannot be read.
    """
    known = ARG.entries if with_body_forms else SIMPLE_ARG.entries
    entries = take_objects(document, "args")
    return tuple(
        _compile(entry, f"args[{index}]", mode, known) for index, entry in enumerate(entries)
    )


def compile_condition(condition: Json, mode: Mode) -> Evaluate | None:
    if isinstance(condition, bool):
        return lambda _scope: condition
    if condition is None or condition == "":
        return None
    return compile_text(str(condition), mode)


def compile_name(name: Json, mode: Mode) -> Evaluate:
    """Compile a name; one that only looks like a path (`$top`) is a literal in compat mode."""
    if not isinstance(name, str):
        return compile_value(name, mode)
    try:
        return compile_text(name, mode)
    except InvalidExpression:
        if mode == "strict":
            raise
        return lambda _scope: name


def fold(arguments: Sequence[Argument], scope: EvaluationScope, mode: Mode) -> Draft:
    """
    Evaluate the arguments into query, headers and body.

    Raises:
        InvalidStep: an `inline` body is not alone, or not a text.
    """
    draft = Draft()
    strict = mode == "strict"
    for argument in arguments:
        condition = argument.condition
        if condition is not None and condition(scope) is not True:
            continue
        value = argument.value(scope)
        if argument.location == "body":
            if value is not UNDEFINED or not strict:
                _add_to_body(draft, argument, scope, value, strict=strict)
        elif not strict or (value is not UNDEFINED and value is not None):
            name = js.to_text(argument.name(scope))
            _add_to_text(draft, argument, name, value, strict=strict)
    return draft


def _add_to_text(draft: Draft, argument: Argument, name: str, value: Json, *, strict: bool) -> None:
    styled = argument.location == "query" and argument.array_format is not None
    writes_objects = styled and (
        is_object(value) or argument.array_format in ("brackets", "stringify")
    )
    if strict and not writes_objects and not is_plain(value):
        raise InvalidInputs(faults=(Fault(f"{argument.location}.{name}", NOT_PLAIN),))
    if argument.location == "headers":
        draft.headers[name] = _header(name, value, argument, strict=strict)
    elif strict:
        draft.query.add_styled(name, value, argument.array_format)
    else:
        draft.query.add(name, value, argument.array_format)


def _add_to_body(
    draft: Draft, argument: Argument, scope: EvaluationScope, value: Json, *, strict: bool
) -> None:
    if strict and argument.array_format is not None:
        name = js.to_text(argument.name(scope))
        draft.form.add_styled(name, value, argument.array_format)
    elif argument.inline:
        draft.body = _inline(value, alone=draft.body is None)
    elif isinstance(draft.body, str):
        _inline(value, alone=False)
    elif not argument.spread:
        if draft.body is None:
            draft.body = {}
        if is_object(draft.body):
            _add(draft.body, js.to_text(argument.name(scope)), value)
    elif is_object(value) and value:
        draft.body = {**draft.body, **value} if is_object(draft.body) else dict(value)
    elif is_list(value):
        draft.body = [*draft.body, *value] if is_list(draft.body) else [*value]
    elif strict and draft.body is None and not is_object(value):
        # A body that is a single value: a JSON text, a number.
        draft.body = encode_text(value)


def _compile(entry: Mapping[str, Json], path: str, mode: Mode, known: Collection[str]) -> Argument:
    require_known(entry, known, path)
    if entry.get("in") not in LOCATIONS:
        raise invalid_value(
            path=f"{path}.in", value=entry.get("in", "undefined"), allowed=LOCATIONS
        )
    array_format = entry.get("arrayFormat")
    if array_format is not None and array_format not in ARRAY_FORMATS:
        raise invalid_value(path=f"{path}.arrayFormat", value=array_format, allowed=ARRAY_FORMATS)
    if "name" not in entry and not entry.get("spread") and not entry.get("inline"):
        raise missing_field(path=f"{path}.name")
    return Argument(
        name=compile_name(entry.get("name", ""), mode),
        value=_value(entry.get("value", UNDEFINED), mode),
        location=cast("Location", entry["in"]),
        condition=compile_condition(entry.get("condition"), mode),
        spread=entry.get("spread") is True,
        inline=entry.get("inline") is True,
        array_format=array_format,
        input=input_in(entry.get("value")),
    )


def _value(template: Json, mode: Mode) -> Evaluate:
    if template is UNDEFINED or (not isinstance(template, str) and is_constant(template)):
        return lambda _scope: template
    return compile_value(template, mode)


def _add(body: dict[str, Json], name: str, value: Json) -> None:
    existing = body.get(name)
    if is_list(existing):
        body[name] = [*existing, *(value if is_list(value) else [value])]
    elif is_object(existing) and is_object(value):
        body[name] = {**existing, **value}
    else:
        body[name] = value


def _inline(value: Json, *, alone: bool) -> str:
    if not alone:
        msg = "An inline body must be the only body argument"
        raise InvalidStep(msg)
    if not isinstance(value, str) or not value:
        msg = "An inline body must be a text that is not empty"
        raise InvalidStep(msg)
    return value


def _header(name: str, value: Json, argument: Argument, *, strict: bool) -> str:
    text = (strict_values.to_text(value) if strict else js.to_text(value)).strip(" \t")
    if _NOT_IN_HEADER.search(text):
        if argument.input is not None:
            fault = Fault(f"headers.{argument.input}", "may not hold line breaks or other controls")
            raise InvalidInputs(faults=(fault,))
        msg = f"The header {name!r} has a value that no header can have"
        raise InvalidStep(msg)
    return text
