"""What becomes of a sign-in when processes that renew its tokens are killed at each step."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import pytest

from jackfield.accounts.access import load, open_tokens
from jackfield.accounts.models import Account, AccountStatus
from jackfield.app import open_hub
from jackfield.engine.oauth.tokens import REFRESH_TOKEN
from jackfield.projects import service as projects
from jackfield.runtime import Hub
from jackfield.settings import Settings
from tests.durability import renewer
from tests.support import forked
from tests.support.actor import TESTER
from tests.support.forked import Forked
from tests.support.running import PATIENCE, write_connectors
from tests.support.scripted import Seen, reply, scripted
from tests.support.token_provider import TokenProvider, document, sign_in

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# The process that asks is killed before the provider has done anything, after that, and with the
# answer on its way.
MOMENTS: Final = ("before", "unanswered", "answered")
_MANY: Final = 3
_LIFE: Final = 0.3


@dataclass
class Killer(TokenProvider):
    """
    A provider that rotates tokens, and kills the process that asks.

    A token that is used again gets the answer that was lost; that it was lost is checked.
    """

    processes: dict[str, Forked] = field(default_factory=dict[str, Forked])
    killed: set[str] = field(default_factory=set[str])
    used_by: dict[str, str] = field(default_factory=dict[str, str])
    answer_before: dict[str, Any] = field(default_factory=dict[str, Any])
    faults: list[str] = field(default_factory=list[str])
    moment: str = ""
    answers_given: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self.moved.clear()
            await self.moved.wait()

    async def answer(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        if "/token" not in seen.line:
            await super().answer(writer, seen)
            return
        token = parse_qs(seen.body.decode())["refresh_token"][0]
        asker = seen.headers["x-process"]
        moment, self.moment = self.moment, ""
        if moment == "before":
            await self._kill(asker)
            return
        if token == self.refresh:
            self.used_by[token] = asker
            self.answer_before = self.issue()
        elif self.used_by.get(token) in self.killed and token == self.before:
            # The lost answer, for the one who asks now.
            self.reused += 1
            self.used_by[token] = asker
        else:
            self.faults.append(f"{token} was used by {asker} after {self.used_by.get(token)}")
        if moment == "unanswered":
            await self._kill(asker)
            return
        await reply(json.dumps({**self.answer_before, "expires_in": _LIFE}))(writer, seen)
        if moment == "answered":
            await writer.drain()
            await self._kill(asker)
        else:
            self.answers_given += 1
            self.moved.set()

    @property
    def before(self) -> str:
        return next((each for each in reversed(self.used_by)), "")

    async def _kill(self, name: str) -> None:
        self.killed.add(name)
        self.processes[name].kill()
        await self.processes.pop(name).wait()
        self.moved.set()


@dataclass
class Renewing:
    provider: Killer
    folder: Path
    url: str
    database_url: str | None
    stack: AsyncExitStack
    said: list[str] = field(default_factory=list[str])
    started: int = 0
    readers: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    def settings(self, name: str) -> dict[str, str]:
        connectors = self.folder / name
        if not connectors.exists():
            header = f"{{name: X-Process, value: '{name}', in: headers}}"
            text = document(self.url).replace(
                "                  args:\n",
                f"                  args:\n                    - {header}\n",
                1,
            )
            write_connectors(connectors, {"oat": text})
        found = {
            "DATA_DIR": str(self.folder / "data"),
            "CONNECTORS": str(connectors),
            "ALLOW_PRIVATE_NETWORKS": "1",
            "LOG_LEVEL": "error",
        }
        return found | ({} if self.database_url is None else {"DATABASE_URL": self.database_url})

    async def hub(self) -> Hub:
        given = self.settings("p0").items()
        settings = Settings.read({f"JACKFIELD_{name}": value for name, value in given})
        return await self.stack.enter_async_context(
            open_hub(settings, public_url="https://hub.test")
        )

    async def start(self, *account: str) -> None:
        self.started += 1
        name = f"p{self.started}"
        process = await forked.start(*account, module=renewer.__name__, **self.settings(name))
        self.provider.processes[name] = process
        async with asyncio.timeout(PATIENCE):
            assert await process.stdout.readline() == b"working\n"
        self.readers.append(asyncio.create_task(self._read(process.stdout)))

    async def _read(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self.said.append(line.decode())


@pytest.fixture
async def renewing(database_url: str | None, tmp_path: Path) -> AsyncGenerator[Renewing]:
    provider = Killer()
    (tmp_path / "data").mkdir()
    async with scripted(provider.answer) as server, AsyncExitStack() as stack:
        yield Renewing(provider, tmp_path, server.url, database_url, stack)
        for each in provider.processes.values():
            each.kill()
            await each.wait()


async def test_a_sign_in_outlives_the_processes_that_are_killed_while_they_renew_it(
    renewing: Renewing, database_url: str | None, request: pytest.FixtureRequest
) -> None:
    provider, kills = renewing.provider, int(request.config.option.kills)
    hub = await renewing.hub()
    project = await projects.ensure_project(hub, TESTER)
    now = datetime.now(UTC)  # noqa: TID251 - killed processes live in real time
    account: Account = await sign_in(hub, project.id, provider.tokens(now, life=_LIFE))
    many = 2 if database_url is None else (8 if kills > _MANY else 3)
    await asyncio.gather(*(renewing.start(project.id, account.id) for _ in range(many)))

    for turn in range(kills):
        before = len(provider.killed)
        provider.moment = MOMENTS[turn % len(MOMENTS)]
        async with asyncio.timeout(PATIENCE):
            await provider.until(lambda count=before: len(provider.killed) > count)
            answers = provider.answers_given
            await provider.until(lambda count=answers: provider.answers_given > count)
        await renewing.start(project.id, account.id)
    issued = provider.number
    async with asyncio.timeout(PATIENCE):
        await provider.until(lambda: provider.number > issued + 1)
    for each in provider.processes.values():
        each.kill()
        await each.wait()
    provider.killed |= provider.processes.keys()
    provider.processes.clear()
    await asyncio.gather(*renewing.readers)

    assert provider.faults == []
    assert renewing.said == []
    async with hub.db.read(project.id) as tx:
        access = await load(tx, hub, account.id)
    tokens = open_tokens(hub, access)
    assert access.account.status is AccountStatus.ACTIVE
    assert tokens is not None
    # The last answer may have been on its way when all were killed.
    assert tokens[REFRESH_TOKEN] in {provider.refresh, provider.before}
    print(f"\n{issued} generations, {provider.reused} lost answers, {len(provider.killed)} kills")  # noqa: T201 - what a person who runs it reads
