"""Input and result of one action run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

from jackfield.engine.ports import (
    AccountCache,
    CursorSeal,
    RequestLimiter,
    Signer,
    Trace,
    Transport,
)
from jackfield.engine.provider_clocks import ProviderClocks
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.json import Json

Flow: TypeAlias = Literal["action", "refresh_authentication", "test_action"]
Explain: TypeAlias = Callable[[str, str, Json], None]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class RunContext(Struct, frozen=True):
    """The inputs, credentials and ports of one run of one action.

    The engine knows nothing of projects, storage or the web: `inputs` are already accepted by the
    action, `credentials` are in plain text, and `identifiers` are those the format lets an
    expression see (`projectSecureId`, `accountSecureId` …). `deadline` is in seconds from the
    start of the run. Every request passes `limiter`. `explain` receives the path, the text and the
    value of each expression of a step, before the step runs. `clocks` are those of providers, which
    signatures are dated by.

    Fields that connectors rely on have no default, so that no caller can forget one;
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
    cursors: CursorSeal | None = None
    cursor: str | None = None
    flow: Flow = "action"
    deadline: float = 60.0
    clock: Clock = system_clock
    sleep: Sleep = asyncio.sleep
    cache: AccountCache | None = None
    trace: Trace | None = None
    explain: Explain | None = None
    clocks: ProviderClocks = field(default_factory=ProviderClocks)


class File(Struct, frozen=True):
    """A file that an action returns instead of JSON."""

    content: bytes
    content_type: str
    name: str | None


class ActionResult(Struct, frozen=True):
    """The result of a run.

    `data` is the value of the `data` key of the action's `result`, or the whole result without such
    a key. `extra` are the result's further keys. `next` is the cursor of the next page, `None` at
    the end. `may_have_written` is set if a request that writes was sent and not refused. With
    `is_heavy`, walking through it would hold up the event loop. `encoded` is `data` as JSON, if it
    was written already.
    """

    data: Json
    next: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])
    file: File | None = None
    warnings: tuple[str, ...] = ()
    may_have_written: bool = False
    is_heavy: bool = False
    encoded: bytes | None = None
