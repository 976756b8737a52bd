"""What a run tells about itself while it goes on, to those who ask."""

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

from jackfield.engine.transport import Request, Response
from jackfield.kit.json import Json

StepState: TypeAlias = Literal["done", "failed", "skipped"]


class Trace(Protocol):
    """Told of each thing as it happens. Values are as they are: redact before showing them."""

    def step_started(self, step_id: str, function: str) -> None: ...

    def requested(self, step_id: str, request: Request) -> None: ...

    def answered(self, step_id: str, response: Response, *, seconds: float) -> None: ...

    def step_ended(self, step_id: str, state: StepState, output: Mapping[str, Json]) -> None: ...
