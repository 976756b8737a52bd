"""Processes that renew one account's tokens, and go on or are killed at each step as a test says."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from jackfield.db.tx import Database, Tx
from jackfield.engine.oauth.errors import GrantRefused
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, Tokens, refresh_name
from jackfield.kit.actor import Actor
from jackfield.kit.errors import ProviderTimeout, ProviderUnavailable
from jackfield.kit.ids import ProjectId
from jackfield.kit.single_flight import SingleFlight
from jackfield.runtime import Hub
from tests.support.clock import FrozenClock

PATIENCE = timedelta(seconds=30)
# How a request at the provider ends: as it should, before it got there, after, or refused in a race.
Fault: TypeAlias = Literal["none", "down", "lost", "race"]


@dataclass(eq=False)
class Process:
    """One process: where it waits, and what it has asked the provider."""

    clock: FrozenClock
    moved: asyncio.Event
    gate: asyncio.Future[None] | None = None
    task: asyncio.Task[Any] | None = None
    is_dead: bool = False
    fault: Fault = "none"

    async def step(self) -> None:
        """Wait until the test lets this process go on."""
        self.gate = asyncio.get_running_loop().create_future()
        self.moved.set()
        await self.gate

    async def sleep(self, seconds: float) -> None:
        until = self.clock.now + timedelta(seconds=seconds)
        await self.step()
        self.clock.now = max(self.clock.now, until)

    def go(self) -> None:
        assert self.gate is not None
        gate, self.gate = self.gate, None
        gate.set_result(None)

    def kill(self) -> None:
        assert self.task is not None
        self.is_dead, self.gate = True, None
        self.task.cancel()

    @property
    def is_done(self) -> bool:
        return self.task is None or self.task.done()


@dataclass(frozen=True)
class GatedDatabase:
    """A database whose transactions begin, and end, at a step of their process."""

    db: Database
    process: Process

    @asynccontextmanager
    async def read(self, project_id: ProjectId) -> AsyncGenerator[Tx]:
        async with self.db.read(project_id) as tx:
            yield tx
        await self.process.step()

    @asynccontextmanager
    async def write(self, project_id: ProjectId, actor: Actor, /) -> AsyncGenerator[Tx]:
        await self.process.step()
        async with self.db.write(project_id, actor) as tx:
            yield tx
        await self.process.step()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)


@dataclass
class Use:
    """A request at the provider: whose, with which token, when; `is_lost` once that is certain."""

    process: Process
    token: str
    at: datetime
    is_lost: bool = False


@dataclass
class Provider:
    """
    Rotates the refresh tokens of one access token. If it is strict, one that is used twice revokes
    the sign-in; otherwise it is answered with the tokens that it was answered with before.
    """

    clock: FrozenClock
    is_strict: bool
    credential: str = ACCESS_TOKEN
    life: timedelta = timedelta(hours=1)
    number: int = 1
    is_revoked: bool = False
    uses: list[Use] = field(default_factory=list[Use])
    # Whether each outcome is known so far: only then is a refusal tried again.
    is_calm: bool = True

    def tokens(self) -> Tokens:
        access, refresh = f"access-{self.number}", f"refresh-{self.number}"
        values = {self.credential: access, refresh_name(self.credential): refresh}
        return Tokens(values, self.clock.now + self.life)

    async def ask(self, process: Process, token: str) -> Tokens:
        begun = self.clock.now
        await process.step()
        fault, process.fault = process.fault, "none"
        self._require_time(begun)
        if fault == "down":
            self.is_calm = False
            raise ProviderUnavailable
        earlier = [use for use in self.uses if use.token == token]
        if fault == "race" and self.is_calm:
            self.is_calm = False
            raise GrantRefused
        for use in earlier:
            over = use.process.is_dead or use.is_lost or begun >= use.at + PATIENCE
            assert over, "two processes asked with one token, and each of them could have waited"
        use = Use(process, token, begun)
        answer = self._answer(token)
        self.uses.append(use)
        await process.step()
        use.is_lost = fault == "lost"
        self._require_time(begun, use)
        if answer is None:
            raise GrantRefused
        return answer

    def _answer(self, token: str) -> Tokens | None:
        if self.is_revoked:
            return None
        if token == f"refresh-{self.number}":
            self.number += 1
            return self.tokens()
        if not self.is_strict and token == f"refresh-{self.number - 1}":
            return self.tokens()
        self.is_revoked = True
        return None

    def _require_time(self, begun: datetime, use: Use | None = None) -> None:
        is_lost = use is not None and use.is_lost
        if is_lost or self.clock.now > begun + PATIENCE:
            self.is_calm = False
            if use is not None:
                use.is_lost = True
            raise ProviderTimeout


@dataclass
class World:
    """The processes of one schedule."""

    hub: Hub
    clock: FrozenClock
    processes: list[Process] = field(default_factory=list[Process])
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, work: Callable[[Hub, Process], Coroutine[Any, Any, Any]]) -> Process:
        process = Process(self.clock, self.moved)
        hub = replace(
            self.hub,
            db=GatedDatabase(self.hub.db, process),  # pyright: ignore[reportArgumentType]
            sleep=process.sleep,
            renewals=SingleFlight(),
        )
        process.task = asyncio.create_task(work(hub, process))
        process.task.add_done_callback(lambda _: self.moved.set())
        self.processes.append(process)
        return process

    async def settle(self) -> list[Process]:
        """Wait until each process is at a step, and return those that are."""
        while any(each.gate is None and not each.is_done for each in self.processes):
            self.moved.clear()
            await self.moved.wait()
        return [each for each in self.processes if each.gate is not None and not each.is_done]

    async def finish(self) -> None:
        """Let all processes that are left go on to their end."""
        while waiting := await self.settle():
            for each in waiting:
                each.go()


class _Here(ThreadPoolExecutor):
    """Does its work at once, in the thread that asks for it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - as an executor does
            done.set_exception(error)
        return done


def without_threads(db: Any) -> None:
    """Let a SQLite database do without threads: thousands of trips to them take most of the time."""
    for part in (db._reader, db._writer):  # noqa: SLF001 - what it is made of
        for name in ("_threads", "_thread"):
            if hasattr(part, name):
                getattr(part, name).submit = _Here(1).submit
