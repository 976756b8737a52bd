"""Input and result of one action run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from jackfield.engine.ports import AccountCache, RequestLimiter, Signer, Trace, Transport
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.json import Json

Flow: TypeAlias = Literal["action", "refresh_authentication", "test_action"]
Explain: TypeAlias = Callable[[str, str, Json], None]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run of one action, with everything it may use.

    The engine knows nothing of projects, storage or the web: `inputs` are already accepted by the
    action, `credentials` are open, and `identifiers` holds the identifiers the format lets an
    expression see (`projectSecureId`, `accountSecureId` …). `deadline` is in seconds from the
    start of the run. Every request passes `gate`, which makes it wait for its turn. `explain` is
    told what each text of a step comes to, before the step runs: where it stands, the text, the
    value.

    What a connector may rely on has no default, so that nobody who runs an action can forget it;
    `jackfield.testing.calls` has defaults for tests and cases.
    """

    inputs: Mapping[str, Json]
    credentials: Mapping[str, str]
    transport: Transport
    auth_method: str
    environment: str
    identifiers: Mapping[str, Json]
    limiter: RequestLimiter | None
    signer: Signer | None
    cursor: str | None = None
    flow: Flow = "action"
    deadline: float = 60.0
    clock: Clock = system_clock
    sleep: Sleep = asyncio.sleep
    cache: AccountCache | None = None
    trace: Trace | None = None
    explain: Explain | None = None


@dataclass(frozen=True, slots=True)
class File:
    """Bytes an action gives back instead of JSON."""

    content: bytes
    content_type: str
    name: str | None


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What a run gave back.

    `data` is what the action's `result` promises to callers: for a `result` with a `data` key that
    value, otherwise the whole result. `extra` are the result's further keys. `next` is the cursor
    to pass in for what follows, `None` at the end. `may_have_written` says that the provider was asked
    to change something, and did not refuse.
    """

    data: Json
    next: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])
    file: File | None = None
    warnings: tuple[str, ...] = ()
    may_have_written: bool = False
