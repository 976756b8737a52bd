"""The description of a kind of step: one object says everything about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from jackfield.engine.schema.structures import Record
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.kit.json import Json

Compile: TypeAlias = Callable[[Mapping[str, Json], CompileContext], StepFunction]


@dataclass(frozen=True, slots=True, eq=False)
class StepKind:
    """
    A kind of step: its name in `functionName`, its parameters, and a compiler for each version.

    `outdated` are the parameters that a version 1 for old documents accepts and ignores. The kinds
    are listed in `registry`; the engine, the checks of documents, the JSON Schema and the reference
    page use that list.
    """

    name: str
    parameters: Record
    versions: Mapping[str, Compile]
    outdated: Record | None = None
    # It sends requests on which the connector's `customErrors` act.
    is_request: bool = False
    # It paginates, and has a position in the caller's cursor.
    is_paged: bool = False
    # It has no side effects: a step whose output is unused is useless.
    is_transform: bool = False

    def outdated_in(self, version: str) -> Record | None:
        """Return the parameters that `version` accepts and ignores, if any."""
        return self.outdated if version == "1" else None
