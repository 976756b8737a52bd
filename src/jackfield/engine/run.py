"""State of one action run."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias, TypeVar

from msgspec import Struct, field

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.meter import MOST_ON_LOOP, UNBOUNDED, WORK, TooMuchForLoop
from jackfield.engine.ports import Response
from jackfield.engine.provider_clocks import statements_of
from jackfield.engine.rate_errors import NO_RATE_ERRORS, RateErrors
from jackfield.engine.reply import Reply
from jackfield.engine.run_context import File, RunContext
from jackfield.kit.json import Json, as_object
from jackfield.kit.large_json import LARGE

T = TypeVar("T")

# How long steps that wait for nothing may follow each other before others have a turn.
_TURN_SECONDS: Final = 0.01

# published: as the published engine retries. reads: strict mode's rule for actions that only read.
# never: strict mode's rule for all others.
Retries: TypeAlias = Literal["published", "reads", "never"]


class Position(Struct, frozen=True):
    """
    The resume position of a paginated step: the provider's cursor, and rows to skip in its page.

    `page` is the page number in a cursor issued by the published engine. `calls` is how many led
    here, and `earlier` the digest of where one of them ended: a provider whose pages lead in a
    circle comes back to it. Then it is `stalled`, and nothing goes on from here.
    """

    token: Json = None
    offset: int | None = None
    page: int | None = None
    calls: int = 0
    earlier: str | None = None
    stalled: bool = False


class Run(Struct):
    """
    The state that the steps of one run share.

    `scope` is what expressions see. `is_allowed` decides whether a request may go to a URL; `None`
    allows all. `rate_errors` knows the responses that mean 429, and how long they ask to wait.
    """

    context: RunContext
    scope: EvaluationScope
    mode: Mode
    retries: Retries
    started: datetime
    is_allowed: Callable[[str], bool] | None = None
    rate_errors: RateErrors = NO_RATE_ERRORS
    step_id: str = ""
    step_index: str = "0"
    file: File | None = None
    resume: Mapping[str, Position] = field(default_factory=dict[str, Position])
    positions: dict[str, Position] = field(default_factory=dict[str, Position])
    warnings: list[str] = field(default_factory=list[str])
    # Whether there is so much to work on that it would hold up the event loop.
    is_heavy: bool = False
    received: int = 0
    turn: float = field(default_factory=time.perf_counter)
    # Whether a step has signed a statement that no request has carried yet.
    has_stated: bool = False

    def receive(self, size: int) -> None:
        """Count the bytes of an answer."""
        self.received += size
        self.is_heavy = self.is_heavy or self.received > LARGE

    def wait_told(self, response: Response) -> float | None:
        """Return the seconds that the provider asks to wait, a day at most."""
        return self.rate_errors.wait(response, self.context.clock)

    @property
    def statements(self) -> str:
        """The place whose clock statements of the connector are dated by."""
        key = str(as_object(self.scope.get("connector")).get("key"))
        return statements_of(key, self.context.identifiers)

    def remaining(self) -> float:
        """Return the seconds left before the deadline."""
        elapsed = (self.context.clock() - self.started).total_seconds()
        return self.context.deadline - elapsed


async def compute(run: Run, work: Callable[[], T]) -> T:
    """
    Do work that changes nothing but its result: in a thread, if the event loop would stand still.

    Raises:
        ExpressionsTooCostly: the run's expressions cost too much.
    """
    if not run.is_heavy:
        try:
            WORK.loop = MOST_ON_LOOP
            result = work()
        except TooMuchForLoop:
            run.is_heavy = True
        else:
            if (now := time.perf_counter()) - run.turn > _TURN_SECONDS:
                await asyncio.sleep(0)
                run.turn = now
            return result
        finally:
            WORK.loop = UNBOUNDED
    return await asyncio.to_thread(work)


class StepResult(Struct, frozen=True):
    """
    The result of a step. A successful one may have `errors` too (`map_fields`).

    `reply` is the provider's last one, for criteria that find it to be a refusal.
    """

    successful: bool
    output: dict[str, Json] | None = None
    errors: tuple[Mapping[str, Json], ...] = ()
    failure: Exception | None = None
    record: Json = None
    reply: Reply | None = None
