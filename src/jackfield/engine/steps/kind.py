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
    A kind of step: its name in `functionName`, its parameters, and how each version is compiled.

    `outdated` are the parameters of version 1 where it is kept for old documents only; it ignores
    them. The kinds are listed in `registry`, from where the engine, the checks of documents, the
    JSON Schema and the reference page read them.
    """

    name: str
    parameters: Record
    versions: Mapping[str, Compile]
    outdated: Record | None = None
    # It sends requests on which the connector's `customErrors` act.
    is_request: bool = False
    # It goes on page by page, and has its place in the caller's cursor.
    is_paged: bool = False
    # It changes nothing anywhere: without a later use it has none.
    is_transform: bool = False

    def outdated_in(self, version: str) -> Record | None:
        """Return the parameters that `version` takes and ignores, if it does."""
        return self.outdated if version == "1" else None
