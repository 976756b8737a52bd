"""Hubs that share a database, or a Redis, keep limits together as one hub would."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import pytest

from jackfield.kit import limit_exchange
from jackfield.sandbox.iterable.server import Sandbox
from tests.api.test_provider_limits import connectors, link, waited
from tests.support import redis
from tests.support.clock import FrozenClock
from tests.support.limit_stores import age
from tests.support.running import PATIENCE, Running, running_hub, serving_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

Settings: TypeAlias = Mapping[str, Any]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a store however busy the machine is."""
    monkeypatch.setattr(limit_exchange, "TRIP_SECONDS", PATIENCE)
    monkeypatch.setattr(limit_exchange, "_CONNECT_SECONDS", PATIENCE)


@pytest.fixture(params=["postgres", "redis"])
def together(request: pytest.FixtureRequest, own_rows: str) -> Generator[Settings]:
    """Yield the settings of hubs that share a database and, one way or the other, their limits."""
    settings = {"database_url": own_rows}
    if request.param == "redis":
        settings["limits_url"] = request.getfixturevalue("redis_url")
    yield settings
    if "limits_url" in settings:
        asyncio.run(redis.clear(settings["limits_url"]))


@pytest.fixture
async def hubs(
    together: Settings, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> AsyncGenerator[Callable[..., Any]]:
    """Return how to open two hubs, with more settings."""
    async with AsyncExitStack() as stack:

        async def opened(**given: Any) -> list[Running]:
            return [
                await stack.enter_async_context(
                    running_hub(
                        sandbox,
                        data_dir=data_dir,
                        clock=clock,
                        shares_limits=True,
                        **together,
                        **given,
                    )
                )
                for _ in range(2)
            ]

        yield opened


@pytest.mark.slow
async def test_one_account_keeps_its_rate_whichever_hub_is_asked(
    hubs: Callable[..., Any], tmp_path: Path, clock: FrozenClock
) -> None:
    async with scripted(reply("[]")) as provider:
        slow = connectors(tmp_path, provider.url, "rateLimit: {mainRatelimit: 0.02}")
        one, other = await hubs(connectors=slow, allow_private_networks=True)
        account = await link(one)

        waits = await waited(
            clock,
            *[lambda hub=hub: hub.run(account, "acme_list_things") for hub in (one, other) * 2],
        )

    assert waits == pytest.approx([0, 50, 100, 150], abs=30)


@pytest.mark.slow
async def test_a_provider_sees_no_more_than_its_rate_from_hubs_that_are_asked_all_at_once(
    together: Settings, tmp_path: Path, data_dir: Path, sandbox: Sandbox
) -> None:
    seen = list[float]()

    async def answer(writer: asyncio.StreamWriter, request: Seen) -> None:
        seen.append(asyncio.get_running_loop().time())
        await reply("[]")(writer, request)

    async with scripted(answer) as provider:
        given: dict[str, Any] = {
            **together,
            "connectors": connectors(tmp_path, provider.url, "rateLimit: {mainRatelimit: 20}"),
            "allow_private_networks": True,
        }
        async with (
            serving_hub(sandbox, data_dir=data_dir, **given) as one,
            serving_hub(sandbox, data_dir=data_dir, **given) as other,
        ):
            account = await link(one)
            answers = await asyncio.gather(
                *[hub.run(account, "acme_list_things") for hub in (one, other) * 25]
            )

    assert {each.status_code for each in answers} == {200}
    assert len(seen) >= 50
    # Twenty at once, and the others at twenty a second: hubs that count alone need a quarter of a second.
    assert seen[-1] - seen[0] >= 1.3


async def test_a_key_has_its_requests_in_both_hubs_together(hubs: Callable[..., Any]) -> None:
    one, other = await hubs(rate_limit=3)
    both = [one.api, other.api]
    key = (one.api_key, "")

    answers = [await both[number % 2].get("/accounts", auth=key) for number in range(5)]

    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20


@asynccontextmanager
async def process(
    data_dir: Path, settings: Settings
) -> AsyncGenerator[tuple[str, asyncio.subprocess.Process]]:
    """Serve a hub in a process of its own."""
    names = {"connectors": "CONNECTORS", "database_url": "DATABASE_URL", "limits_url": "LIMITS_URL"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jackfield", "serve", "--port", "0"),
        stderr=PIPE,
        env={
            "PATH": os.defpath,
            "JACKFIELD_DATA_DIR": str(data_dir),
            "JACKFIELD_ALLOW_PRIVATE_NETWORKS": "1",
            "JACKFIELD_LOG_LEVEL": "error",
            **{f"JACKFIELD_{names[name]}": str(value) for name, value in settings.items()},
        },
    )
    assert process.stderr is not None
    try:
        said = await asyncio.wait_for(process.stderr.readline(), PATIENCE)
        url = re.search(rb"listens on (http://[^\s\"]+)", said)
        assert url is not None, said
        yield url[1].decode(), process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.slow
async def test_places_of_a_hub_that_was_killed_are_free_again(
    hubs: Callable[..., Any], together: Settings, tmp_path: Path, data_dir: Path
) -> None:
    hangs, under_way = False, asyncio.Event()

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        nonlocal hangs
        if hangs:
            hangs = False
            under_way.set()
            await asyncio.Event().wait()
        await reply("[]")(writer, seen)

    async with scripted(answer) as provider:
        folder = connectors(tmp_path, provider.url, "concurrency: {mainMaxConcurrency: 1}")
        one, _ = await hubs(connectors=folder, allow_private_networks=True)
        account, action = await link(one), "acme_list_things"
        async with process(data_dir, {**together, "connectors": folder}) as (url, killed):
            hangs = True
            call = asyncio.create_task(_call(url, one.api_key, account, action))
            async with asyncio.timeout(PATIENCE):
                await under_way.wait()
            waiting = asyncio.create_task(one.run(account, action))
            exchange: Any = one.hub.limiter._exchange  # noqa: SLF001 - whether it waits
            while not exchange._polling:  # noqa: ASYNC110, SLF001
                await asyncio.sleep(0)
            killed.kill()
            await killed.wait()
            await asyncio.gather(call, return_exceptions=True)
        assert not waiting.done()
        await age(together.get("limits_url") or together["database_url"], seconds=11)
        async with asyncio.timeout(PATIENCE):
            response = await waiting

    assert response.status_code == 200


async def _call(url: str, key: str, account: str, action: str) -> None:
    async with httpx2.AsyncClient(base_url=url, auth=(key, "")) as api:
        await api.post("/actions/rpc", headers={"x-account-id": account}, json={"action": action})
