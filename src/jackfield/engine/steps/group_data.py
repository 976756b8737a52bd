"""The step function `group_data`: results of several steps, merged by key."""

from collections.abc import Mapping
from typing import Final

from jackfield.engine.errors import missing_field
from jackfield.engine.expressions import js
from jackfield.engine.run import Run, StepResult
from jackfield.engine.schema.kinds import Text
from jackfield.engine.schema.requests import FLAG
from jackfield.engine.schema.structures import Entry, ListOf, Record
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.kit.json import Json, as_object, is_list

_PARAMETERS: Final = Record(
    "GroupDataParameters",
    {
        "stepsDataToGroup": Entry(ListOf(Text(), at_least=1), "Ids of steps.", required=True),
        "isSingleRecord": Entry(FLAG, "The steps give one record each, not lists."),
    },
    doc="Joins the results of several steps by their index field.",
)


def compile_group_data(params: Mapping[str, Json], _context: CompileContext) -> StepFunction:
    """
    Compile a `group_data` step.

    Raises:
        InvalidStep: it names no steps.
    """
    listed = params.get("stepsDataToGroup")
    if not is_list(listed):
        raise missing_field(path="stepsDataToGroup")
    step_ids = [str(step_id) for step_id in listed]
    single = params.get("isSingleRecord") is True

    async def run_grouping(run: Run) -> StepResult:
        results = {step_id: _data(run, step_id) for step_id in step_ids}
        present = {step_id: data for step_id, data in results.items() if js.truthy(data)}
        copies = {step_id: js.spread(data) for step_id, data in present.items()}
        data = copies if single else _by_key(present)
        return StepResult(True, {"data": data})

    return run_grouping


def _data(run: Run, step_id: str) -> Json:
    step = as_object(as_object(run.scope["steps"]).get(step_id))
    return as_object(step.get("output")).get("data")


def _by_key(results: Mapping[str, Json]) -> list[Json]:
    """Merge maps by key and lists by position, in JavaScript's order of keys."""
    rows: dict[str, dict[str, Json]] = {}
    for step_id, data in results.items():
        for key, row in js.spread(data).items():
            rows.setdefault(key, {})[step_id] = js.spread(row)
    return list(js.in_order(rows).values())


GROUP_DATA: Final = StepKind(
    "group_data", _PARAMETERS, {"1": compile_group_data}, is_transform=True
)
