"""Steps, and the step functions they call."""

from collections.abc import Mapping
from typing import ClassVar, Final, cast

from jackfield.connectors.schema.expressions import Expression
from jackfield.connectors.schema.files import DOWNLOAD_FILE, UPLOAD_BINARY, UPLOAD_FILE
from jackfield.connectors.schema.kinds import Boolean, Choice, Kind, Text
from jackfield.connectors.schema.report import At, Report, spell, unwind
from jackfield.connectors.schema.requests import (
    PAGINATED_REQUEST,
    REQUEST,
    SOAP_PAGINATED_REQUEST,
    SOAP_REQUEST,
)
from jackfield.connectors.schema.structures import Either, Entry, ListOf, Record, Variant
from jackfield.connectors.schema.transforms import (
    FIRST_VERSION,
    GROUP_DATA,
    MAP_FIELDS,
    MCP_REQUEST,
    SIGN_JWT,
    STATIC_VALUES,
    TYPECAST,
)
from jackfield.kit.json import Json

# They need a service that this hub does not run.
UNSUPPORTED_FUNCTIONS: Final = ("browser_use", "code_execution_lambda", "emit_event")

PARAMETERS: Final[Mapping[str, Record]] = {
    "request": REQUEST,
    "paginated_request": PAGINATED_REQUEST,
    "soap_request": SOAP_REQUEST,
    "soap_paginated_request": SOAP_PAGINATED_REQUEST,
    "map_fields": MAP_FIELDS,
    "typecast": TYPECAST,
    "group_data": GROUP_DATA,
    "static_values": STATIC_VALUES,
    "upload_file": UPLOAD_FILE,
    "upload_binary": UPLOAD_BINARY,
    "download_file": DOWNLOAD_FILE,
    "sign_jwt": SIGN_JWT,
    "mcp_request": MCP_REQUEST,
}
VERSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "map_fields": ("1", "2"),
    "typecast": ("1", "2"),
}


class _Version(Kind):
    """A version is a text; a number says the same and is understood."""

    types: ClassVar = frozenset({"a text", "a number"})

    def check(self, value: Json, at: At, report: Report) -> None:
        self.require_type(value, at, report)

    def describe(self) -> str:
        return "text"

    def schema(self, definitions: dict[str, Json]) -> Json:
        return {"enum": ["1", "2"]}


def _call(name: str) -> Record:
    return Record(
        "".join(part.capitalize() for part in name.split("_")),
        {
            "functionName": Entry(Choice((name,)), "What the step does.", required=True),
            "version": Entry(_Version(), "The function's version.", default="1"),
            "parameters": Entry(PARAMETERS[name], "What it is told.", required=True),
        },
        doc=PARAMETERS[name].doc,
    )


class _StepFunction(Variant):
    """A call of a step function: its parameters depend on its name and version."""

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        call = cast("dict[str, Json]", value)
        name = str(call.get("functionName"))
        version = str(call.get("version") or "1")
        if name in UNSUPPORTED_FUNCTIONS:
            message = f"The step function '{name}' needs a service that this hub does not run."
            report.error((at, "functionName"), message)
        elif name in self.cases and version not in VERSIONS.get(name, ("1",)):
            report.error((at, "version"), f"Unknown step function: {name} v{version}.")
        elif name in VERSIONS and version == "1":
            _check_first_version(call, at, report)
        else:
            super().check(call, at, report)


def _check_first_version(call: Mapping[str, Json], at: At, report: Report) -> None:
    where = spell(unwind((at, "version")))
    message = f"Without '{where}' set to '2' this step ignores its parameters."
    report.warning(at, message)
    FIRST_VERSION.check(call.get("parameters") or {}, (at, "parameters"), report)


STEP_FUNCTION: Final = _StepFunction("functionName", {name: _call(name) for name in PARAMETERS})

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
