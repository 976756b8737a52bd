"""The step function `map_fields`: provider records to unified records."""

from collections.abc import Mapping
from typing import Final

from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import take_text
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.text import compile_text
from jackfield.engine.run import Run, StepResult
from jackfield.engine.schema.expressions import Expression
from jackfield.engine.schema.fields import DATA_SOURCE, FIELD, FIRST_PARAMETERS
from jackfield.engine.schema.structures import Entry, ListOf, MapOf, Record
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.fields import (
    Fields,
    MappingState,
    compile_fields,
    field_documents,
    map_record,
)
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, as_object, is_list

_PARAMETERS: Final = Record(
    "MapFieldsParameters",
    {
        "fields": Entry(ListOf(FIELD), "The fields; the action's `fieldConfigs` when left out."),
        "dataSource": DATA_SOURCE,
        "externalSources": Entry(
            MapOf(Expression()), "Further values, under `external` in the fields' expressions."
        ),
    },
    doc="Builds records of a promised shape from the provider's.",
)
_VISIBLE: Final = (
    "context", "inputs", "steps", "intermediateSteps", "iterator", "result", "credentials",
)  # fmt: skip


def compile_map_fields(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile version 2: from a `dataSource` to the step's data.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    mode = context.mode
    fields = compile_fields(field_documents(params, context.fields), mode)
    source = compile_text(take_text(params, "dataSource"), mode)
    external = {
        name: compile_text(str(expression), mode)
        for name, expression in as_object(params.get("externalSources")).items()
    }

    async def run_mapping(run: Run) -> StepResult:
        base = visible(run.scope, run.mode)
        if external:
            base["external"] = _external(external, base)
        records = source(base)
        if not js.truthy(records):
            return StepResult(True)
        state = MappingState(base, [], base if mode == "strict" else {})
        data = _map(fields, records, state)
        return StepResult(True, {"data": data}, tuple(state.faults))

    return run_mapping


def compile_map_fields_v1(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile version 1: onto the action's result, seeing steps by their bare ids.

    Raises:
        InvalidStep, InvalidExpression: the fields are malformed.
    """
    fields = compile_fields(field_documents(params, context.fields), context.mode)

    async def run_mapping(run: Run) -> StepResult:
        steps = as_object(run.scope.get("steps"))
        records = run.scope.get("result")
        if records is None:
            return StepResult(True)
        faults: list[dict[str, Json]] = []

        def enrich(record: Json) -> Json:
            own = as_object(record)
            base = {**visible(run.scope, run.mode), **steps, "unified": own}
            mapped = map_record(fields, {}, MappingState(base, faults, base))
            return {**own, **mapped}

        result = list(map(enrich, records)) if is_list(records) else enrich(records)
        run.scope["result"] = result
        return StepResult(True, errors=tuple(faults), record=result)

    return run_mapping


def visible(scope: EvaluationScope, mode: Mode) -> EvaluationScope:
    """
    Return the scope of a mapping's expressions.

    In strict mode it has no credentials, unless the action refreshes them.
    """
    own = {name: scope[name] for name in _VISIBLE if name in scope}
    refreshing = own.get("context", {}).get("flowType") == "refresh_authentication"
    if mode == "strict" and not refreshing:
        own.pop("credentials", None)
    return own


def _external(sources: Mapping[str, Evaluate], base: EvaluationScope) -> dict[str, Json]:
    values = {name: evaluate(base) for name, evaluate in sources.items()}
    return {name: value for name, value in values.items() if value is not UNDEFINED}


def _map(fields: Fields, records: Json, state: MappingState) -> Json:
    if is_list(records):
        return [map_record(fields, as_object(record), state) for record in records]
    return map_record(fields, as_object(records), state)


MAP_FIELDS: Final = StepKind(
    "map_fields",
    _PARAMETERS,
    {"1": compile_map_fields_v1, "2": compile_map_fields},
    outdated=FIRST_PARAMETERS,
    is_transform=True,
)
