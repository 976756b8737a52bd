"""State of one action run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.run_context import File, RunContext
from jackfield.kit.json import Json

# published: what the format's own engine repeats, in either mode. reads: strict mode's rule,
# for actions that only read. never: strict mode's rule for all others.
Retries: TypeAlias = Literal["published", "reads", "never"]
IsRateLimit: TypeAlias = Callable[[int, Mapping[str, str], bytes], bool]


@dataclass(frozen=True, slots=True)
class Position:
    """
    Where a paginated step goes on: the provider's cursor, and rows to skip in its page.

    `page` is the number of the page in a cursor that the published engine gave out.
    """

    token: Json = None
    offset: int | None = None
    page: int | None = None


@dataclass(slots=True)
class Run:
    """
    What the steps of a run share.

    `scope` is what expressions see. `is_allowed` says whether a request may go to a URL; `None`
    lets all through. `rate_limits` recognizes answers that mean "slow down" under another status.
    """

    context: RunContext
    scope: EvaluationScope
    mode: Mode
    retries: Retries
    started: datetime
    is_allowed: Callable[[str], bool] | None = None
    is_rate_limit: IsRateLimit | None = None
    step_id: str = ""
    step_index: str = "0"
    file: File | None = None
    resume: Mapping[str, Position] = field(default_factory=dict[str, Position])
    positions: dict[str, Position] = field(default_factory=dict[str, Position])
    warnings: list[str] = field(default_factory=list[str])

    def remaining(self) -> float:
        """Return how many seconds are left before the deadline."""
        elapsed = (self.context.clock() - self.started).total_seconds()
        return self.context.deadline - elapsed


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step came to. `errors` may be there in a successful one (`map_fields`)."""

    successful: bool
    output: dict[str, Json] | None = None
    errors: tuple[Mapping[str, Json], ...] = ()
    failure: Exception | None = None
    record: Json = None
