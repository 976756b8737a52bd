"""The step function `typecast`: values of unified records cast to their declared types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from jackfield.engine.casts import CASTS, STRICT_CASTS
from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import take_objects, take_text
from jackfield.engine.errors import InvalidStep, invalid_value, missing_field
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.meter import visit
from jackfield.engine.expressions.text import compile_text
from jackfield.engine.run import Run, StepResult
from jackfield.engine.schema.fields import DATA_SOURCE, FIELD, FIELD_TYPES, FIRST_PARAMETERS
from jackfield.engine.schema.kinds import Anything
from jackfield.engine.schema.structures import Entry, ListOf, Record, Unknown
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.map_fields import visible
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object

Cast: TypeAlias = Callable[[Json], Json]

_TYPECAST_FIELD: Final = Record(
    "TypecastField",
    {**FIELD.entries, "expression": Entry(Anything(), "Ignored: the value is the record's own.")},
    doc="A field of a record and its type.",
    unknown=Unknown.KEPT,
)
_PARAMETERS: Final = Record(
    "TypecastParameters",
    {
        "fields": Entry(
            ListOf(_TYPECAST_FIELD), "The fields; the action's `fieldConfigs` when left out."
        ),
        "dataSource": DATA_SOURCE,
    },
    doc="Converts the fields of records to their types.",
)
_CUSTOM: Final = "unified_custom_fields"
_DEEPEST: Final = 24


@dataclass(frozen=True, slots=True)
class _Caster:
    """The casts of a record's fields and of its custom fields."""

    own: tuple[tuple[str, Cast], ...]
    custom: tuple[tuple[str, Cast], ...]

    def record(self, record: Json) -> Json:
        visit(len(self.own))
        copy = js.spread(record)
        for key, cast in self.own:
            value = copy.get(key)
            if value is not None:
                copy[key] = cast(value)
        custom = copy.get(_CUSTOM)
        if self.custom and is_object(custom):
            copy[_CUSTOM] = _Caster(self.custom, ()).record(custom)
        return copy

    def records(self, value: Json) -> Json:
        if is_list(value):
            return [self.record(record) for record in value]
        return self.record(value)


def compile_typecast(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile version 2: from a `dataSource` to the step's data.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    caster = _compile(_fields(params, context), context.mode)
    source = compile_text(take_text(params, "dataSource"), context.mode)

    async def run_cast(run: Run) -> StepResult:
        if caster is None:
            return StepResult(True)
        value = source(_visible(run))
        data: Json = {} if value is UNDEFINED or value is None else caster.records(value)
        return StepResult(True, {"data": data})

    return run_cast


def compile_typecast_v1(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile version 1: of the action's result.

    Raises:
        InvalidStep: the fields are malformed.
    """
    caster = _compile(_fields(params, context), context.mode)

    async def run_cast(run: Run) -> StepResult:
        if caster is not None:
            run.scope["result"] = caster.records(run.scope.get("result"))
        return StepResult(True, record=run.scope.get("result"))

    return run_cast


def _visible(run: Run) -> EvaluationScope:
    seen = visible(run.scope, run.mode)
    if seen.get("context", {}).get("flowType") != "refresh_authentication":
        seen.pop("credentials", None)
    return seen


def _fields(params: Mapping[str, Json], context: CompileContext) -> Json:
    own = params.get("fields")
    return context.fields if own is None else own


def _compile(document: Json, mode: Mode, path: str = "fields", depth: int = 0) -> _Caster | None:
    if depth > _DEEPEST:
        msg = f"'{path}' is nested too deeply"
        raise InvalidStep(msg)
    # Of several fields with the same key the last one with a cast counts.
    own: dict[str, Cast] = {}
    custom: dict[str, Cast] = {}
    for index, entry in enumerate(take_objects(document, path)):
        key = entry.get("targetFieldKey")
        if not isinstance(key, str):
            raise missing_field(path=f"{path}[{index}].targetFieldKey")
        casts = custom if entry.get("custom") is True else own
        cast = _cast(entry, mode, f"{path}[{index}]", depth)
        if cast is not None:
            casts[key] = cast
    return None if document is None else _Caster(tuple(own.items()), tuple(custom.items()))


def _only_objects(caster: _Caster) -> Cast:
    def cast(value: Json) -> Json:
        if is_list(value):
            return [caster.record(item) if is_object(item) else item for item in value]
        return caster.record(value) if is_object(value) else value

    return cast


def _cast(entry: Mapping[str, Json], mode: Mode, path: str, depth: int) -> Cast | None:
    kind = entry.get("type")
    if kind not in FIELD_TYPES:
        raise invalid_value(path=f"{path}.type", value=kind, allowed=FIELD_TYPES)
    if kind == "object":
        inner = _compile(entry.get("properties"), mode, f"{path}.properties", depth + 1)
        return None if inner is None else _only_objects(inner)
    cast = (STRICT_CASTS if mode == "strict" else CASTS).get(str(kind))
    if cast is None or entry.get("array") is not True:
        return cast
    return lambda value: value if is_list(value) else cast(value)


TYPECAST: Final = StepKind(
    "typecast",
    _PARAMETERS,
    {"1": compile_typecast_v1, "2": compile_typecast},
    outdated=FIRST_PARAMETERS,
    is_transform=True,
)
