"""Field mapping: one value of a unified record from a provider's record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import require_known, take_object, take_objects, take_text
from jackfield.engine.enum_matchers.matchers import Match, find_matcher
from jackfield.engine.errors import InvalidStep, invalid_value, missing_field
from jackfield.engine.expressions import js
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.meter import visit
from jackfield.engine.expressions.templates import compile_settled, may_fail
from jackfield.engine.expressions.text import compile_text
from jackfield.engine.schema.fields import FIELD, FIELD_TYPES
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list

UNMAPPED: Final = "unmapped_value"
_EMPTY: Final = "Expression is empty"
_INVALID: Final = "Invalid expression"
_NO_VALUE: Final = "Expression returned no value"
_DEEPEST: Final = 24


class FieldFault(Exception):
    """A field has no value; the message is the reason."""


@dataclass(slots=True)
class MappingState:
    """
    The state of mapping records: the step's scope and the faults found.

    `bare` is the scope of expressions on an element that is not an object; empty in compat mode.
    """

    base: EvaluationScope
    faults: list[dict[str, Json]]
    bare: EvaluationScope


# Returns a field's value, from the record and the scope with the record's values.
Take: TypeAlias = Callable[[Json, EvaluationScope, MappingState], Json]


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    custom: bool
    take: Take


Fields: TypeAlias = tuple[Field, ...]


def compile_fields(document: Json, mode: Mode, path: str = "fields", depth: int = 0) -> Fields:
    """
    Compile the fields of a `map_fields` step.

    Raises:
        InvalidStep: one of them is malformed.
        InvalidExpression: in strict mode, an expression cannot be read.
    """
    if depth > _DEEPEST:
        msg = f"'{path}' is nested too deeply"
        raise InvalidStep(msg)
    entries = take_objects(document, path)
    return tuple(
        _compile(entry, mode, f"{path}[{index}]", depth) for index, entry in enumerate(entries)
    )


def map_record(fields: Fields, record: Json, state: MappingState) -> dict[str, Json]:
    """Map one record; one that is not an object has no values of its own."""
    visit(len(fields))
    is_record = record.__class__ is dict
    own: Mapping[str, Json] = record if is_record else {}
    scope = {**state.base, **own} if is_record else state.bare
    mapped: dict[str, Json] = {}
    for field in fields:
        try:
            value = field.take(record, scope, state)
        except FieldFault as fault:
            state.faults.append(
                {"message": str(fault), "id": own.get("id"), "targetField": field.key}
            )
            continue
        if value is UNDEFINED:
            continue
        if field.custom:
            mapped.setdefault("unified_custom_fields", {})[field.key] = value
        else:
            mapped[field.key] = value
    return mapped


def _compile(entry: Mapping[str, Json], mode: Mode, path: str, depth: int) -> Field:
    require_known(entry, FIELD.entries, path)
    key = entry.get("targetFieldKey")
    if not isinstance(key, str):
        raise missing_field(path=f"{path}.targetFieldKey")
    kind = entry.get("type")
    if kind not in FIELD_TYPES:
        raise invalid_value(path=f"{path}.type", value=kind, allowed=FIELD_TYPES)
    if kind == "object":
        take = _object(entry, mode, path, depth)
    elif kind == "enum":
        take = _enum(entry, mode, path)
    else:
        take = _of_record(entry, mode) or _scalar(_expression(entry, mode))
    return Field(key, entry.get("custom") is True, take)


def _of_record(entry: Mapping[str, Json], mode: Mode) -> Take | None:
    """Compile a path from the root: strict mode takes the record for it, and not the whole run."""
    path = str(entry.get("expression") or "").strip()
    if mode == "strict" and path == "$":
        return lambda record, _scope, _state: record
    if mode == "compat" or not path.startswith("$.."):
        return None
    return _scalar(compile_text(path, mode), of_record=True)


def _scalar(evaluate: Evaluate, *, of_record: bool = False) -> Take:
    def take(record: Json, scope: EvaluationScope, _state: MappingState) -> Json:
        value = evaluate(record if of_record else scope)
        if value is UNDEFINED:
            raise FieldFault(_NO_VALUE)
        return value

    return take


def _expression(entry: Mapping[str, Json], mode: Mode) -> Evaluate:
    """Compile a field's expression; in compat mode its faults are reported per record."""
    text = entry.get("expression")
    if text is None or text == "":
        return _failing(_EMPTY)
    try:
        evaluate = compile_text(take_text(entry, "expression"), mode)
    except InvalidExpression:
        if mode == "strict":
            raise
        return _failing(_INVALID)

    if mode == "strict" or not may_fail(str(text)):
        return evaluate

    def evaluate_safely(scope: EvaluationScope) -> Json:
        try:
            return evaluate(scope)
        except InvalidExpression:
            raise FieldFault(_INVALID) from None

    return evaluate_safely


def _failing(reason: str) -> Evaluate:
    def fail(_scope: EvaluationScope) -> Json:
        raise FieldFault(reason)

    return fail


def _enum(entry: Mapping[str, Json], mode: Mode, path: str) -> Take:
    evaluate = _expression(entry, mode)
    translate = _matcher(entry.get("enumMapper"), mode, path)

    def take(_record: Json, scope: EvaluationScope, _state: MappingState) -> Json:
        try:
            source = evaluate(scope)
        except FieldFault:
            source = None
        if source is UNDEFINED:
            source = None
        value = translate(source, scope)
        return {"value": UNMAPPED if value is UNDEFINED else value, "source_value": source}

    return take


def _matcher(document: Json, mode: Mode, path: str) -> Callable[[Json, EvaluationScope], Json]:
    if document is None:
        return _refusing("Enum mapper was not defined")
    matcher = take_object(document, f"{path}.enumMapper").get("matcher")
    if matcher is None:
        raise missing_field(path=f"{path}.enumMapper.matcher")
    if is_list(matcher):
        return _match_by_expression(take_objects(matcher, f"{path}.enumMapper.matcher"), mode)
    match = find_matcher(str(matcher), mode)
    if match is None:
        reason = f'The built-in matcher "{matcher}" is not supported'
        if mode == "strict":
            raise InvalidStep(reason)
        return _refusing(reason)
    return _match_by_table(match)


def _match_by_table(match: Match) -> Callable[[Json, EvaluationScope], Json]:
    return lambda source, _scope: UNDEFINED if source is None else match(source)


def _match_by_expression(
    entries: list[dict[str, Json]], mode: Mode
) -> Callable[[Json, EvaluationScope], Json]:
    options = [
        (
            compile_text(take_text(entry, "matchExpression"), mode),
            take_text(entry, "value"),
        )
        for entry in entries
    ]

    def translate(_source: Json, scope: EvaluationScope) -> Json:
        for test, value in options:
            if test(scope) is True:
                return value
        return UNDEFINED

    return translate


def _refusing(reason: str) -> Callable[[Json, EvaluationScope], Json]:
    def refuse(_source: Json, _scope: EvaluationScope) -> Json:
        raise FieldFault(reason)

    return refuse


def _object(entry: Mapping[str, Json], mode: Mode, path: str, depth: int) -> Take:
    strict = mode == "strict"
    if not entry.get("properties"):
        # The published engine drops such a field, even one with an expression.
        return _scalar(_expression(entry, mode)) if strict else _nothing
    inner = compile_fields(entry["properties"], mode, f"{path}.properties", depth + 1)
    values = entry.get("values")
    if entry.get("array") is True and is_list(values):
        return _each_value(inner, [compile_settled(value, mode) for value in values], strict=strict)
    if (strict or entry.get("array") is True) and entry.get("expression"):
        return _each_element(inner, _expression(entry, mode), strict=strict)
    if values is None or values == "":
        return lambda record, _scope, state: _map_one(inner, record, state, strict=strict)
    evaluate = compile_settled(values, mode) if strict else None
    return lambda _record, scope, state: _map_one(
        inner, values if evaluate is None else evaluate(scope), state, strict=strict
    )


def _nothing(_record: Json, _scope: EvaluationScope, _state: MappingState) -> Json:
    return UNDEFINED


def _map_one(inner: Fields, source: Json, state: MappingState, *, strict: bool) -> Json:
    """Map an object; unless `strict`, null, 0, false and an empty text are left out."""
    if not strict and not js.truthy(source):
        return UNDEFINED
    return map_record(inner, source, state)


def _map_all(inner: Fields, sources: list[Json], state: MappingState, *, strict: bool) -> Json:
    mapped = [_map_one(inner, source, state, strict=strict) for source in sources]
    return [record for record in mapped if record is not UNDEFINED]


def _each_value(inner: Fields, values: list[Evaluate], *, strict: bool) -> Take:
    return lambda _record, scope, state: _map_all(
        inner, [evaluate(scope) for evaluate in values], state, strict=strict
    )


def _each_element(inner: Fields, evaluate: Evaluate, *, strict: bool) -> Take:
    """Map what the expression gives; that it gives nothing is a fault only if `strict`."""

    def take(_record: Json, scope: EvaluationScope, state: MappingState) -> Json:
        source = evaluate(scope)
        if is_list(source):
            return _map_all(inner, source, state, strict=strict)
        if strict and source is UNDEFINED:
            raise FieldFault(_NO_VALUE)
        if strict and source is None:
            return None
        return _map_one(inner, source, state, strict=strict)

    return take


def field_documents(params: Mapping[str, Json], fallback: list[Json] | None) -> list[Json]:
    """Return a step's own fields, or the action's where it has none."""
    own = params.get("fields")
    fields = fallback if own is None else own
    if fields is None:
        raise missing_field(path="fields")
    return take_list(fields)


def take_list(value: Json) -> list[Json]:
    if not is_list(value):
        msg = "The field 'fields' must be a list"
        raise InvalidStep(msg)
    return [take_object(item, "fields") for item in value]
