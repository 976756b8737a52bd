"""The step function `static_values`: data from the connector itself."""

from collections.abc import Mapping
from typing import Final

from jackfield.engine.compat import Mode
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.templates import compile_settled, none_if_undefined
from jackfield.engine.run import Run, StepResult
from jackfield.engine.schema.expressions import Template
from jackfield.engine.schema.structures import Entry, Record
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list

_PARAMETERS: Final = Record(
    "StaticValuesParameters",
    {"values": Entry(Template(), "The step's data.", required=True)},
    doc="Returns values of the connector.",
)


def compile_static_values(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile a `static_values` step.

    Raises:
        InvalidStep: there are no values.
        InvalidExpression: in strict mode, one of them is invalid.
    """
    if params.get("values") is None:
        raise missing_field(path="values")
    if not isinstance(params["values"], str | list | dict):
        msg = "The field 'values' must be a text, a list or an object"
        raise InvalidStep(msg)
    evaluate = _compile(params["values"], context.mode)

    async def run_values(run: Run) -> StepResult:
        data = evaluate(run.scope)
        return StepResult(True, {} if data is UNDEFINED else {"data": data})

    return run_values


def _compile(values: Json, mode: Mode) -> Evaluate:
    if not is_list(values) or mode == "strict":
        return compile_settled(values, mode)
    # A list inside the list is not evaluated, as in the published engine (section 3.7).
    items = [
        _constant(value) if is_list(value) else compile_settled(value, mode) for value in values
    ]
    return lambda scope: [none_if_undefined(item(scope)) for item in items]


def _constant(value: Json) -> Evaluate:
    return lambda _scope: value


STATIC_VALUES: Final = StepKind(
    "static_values", _PARAMETERS, {"1": compile_static_values}, is_transform=True
)
