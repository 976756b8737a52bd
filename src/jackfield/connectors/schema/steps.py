"""Schema of steps and step functions."""

from typing import ClassVar, Final, cast

from jackfield.engine.schema.expressions import Expression
from jackfield.engine.schema.kinds import Boolean, Choice, Kind, Text
from jackfield.engine.schema.report import At, Report, spell, unwind
from jackfield.engine.schema.structures import Either, Entry, ListOf, Record, Variant
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.registry import STEP_KINDS, UNSUPPORTED_KINDS, find_kind
from jackfield.kit.json import Json


class _Version(Kind):
    """A version: a text; a number is accepted too."""

    types: ClassVar = frozenset({"a text", "a number"})

    def check(self, value: Json, at: At, report: Report) -> None:
        self.require_type(value, at, report)

    def describe(self) -> str:
        return "text"

    def schema(self, definitions: dict[str, Json]) -> Json:
        return {"enum": ["1", "2"]}


def _call(kind: StepKind) -> Record:
    return Record(
        "".join(part.capitalize() for part in kind.name.split("_")),
        {
            "functionName": Entry(Choice((kind.name,)), "What the step does.", required=True),
            "version": Entry(_Version(), "The function's version.", default="1"),
            "parameters": Entry(kind.parameters, "Its parameters.", required=True),
        },
        doc=kind.parameters.doc,
    )


class _StepFunction(Variant):
    """A call of a step function: its parameters depend on its name and version."""

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        call = cast("dict[str, Json]", value)
        name = str(call.get("functionName"))
        version = str(call.get("version") or "1")
        kind = find_kind(name)
        if name in UNSUPPORTED_KINDS:
            message = f"The step function '{name}' needs a service that this hub does not run."
            report.error((at, "functionName"), message)
        elif kind is not None and version not in kind.versions:
            report.error((at, "version"), f"Unknown step function: {name} v{version}.")
        elif kind is not None and (outdated := kind.outdated_in(version)) is not None:
            where = spell(unwind((at, "version")))
            message = f"Without '{where}' set to '2' this step ignores its parameters."
            report.warning(at, message)
            outdated.check(call.get("parameters") or {}, (at, "parameters"), report)
        else:
            super().check(call, at, report)


STEP_FUNCTION: Final = _StepFunction(
    "functionName", {kind.name: _call(kind) for kind in STEP_KINDS}
)

STEP: Final = Record(
    "Step",
    {
        "stepId": Entry(
            Text(r"^[A-Za-z_][\w-]*$", "a name of letters, digits, '_' and '-'"),
            "The step's name in later expressions: `$.steps.<stepId>.output.data`.",
            required=True,
        ),
        "description": Entry(Text(), "What the step is for."),
        "condition": Entry(
            Either((Expression(), Boolean())), "The step is skipped unless this holds."
        ),
        "onConditionError": Entry(
            Choice((True, False, "break")),
            "What a failing condition means: run the step, skip it, or stop the action.",
        ),
        "ignoreError": Entry(
            Boolean(), "A failure of this step does not fail the action.", default=False
        ),
        "successCriteria": Entry(Expression(), "Decides after the call whether it succeeded."),
        "async": Entry(Boolean(), "Go on without waiting for the step.", default=False),
        "iterator": Entry(
            Expression(), "A list; the step runs once for each element, as `iterator.item`."
        ),
        "stepFunction": Entry(STEP_FUNCTION, "The call the step makes."),
        "stepFunctions": Entry(
            ListOf(STEP_FUNCTION, at_least=1), "Several calls for each element of `iterator`."
        ),
    },
    doc="One stage of an action.",
)
