"""Both regions on real sockets, and what breaks there on request."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from jackfield.sandbox.iterable.server import Origin, Sandbox, serve
from jackfield.sandbox.listener import PortUnavailable
from tests.sandbox.examples import AVERY, TRIGGERED
from tests.support.clock import FrozenClock
from tests.support.running import PATIENCE
from tests.support.timers import held, waited

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sandbox(clock: FrozenClock) -> AsyncGenerator[Sandbox]:
    async with serve(clock=clock) as running:
        yield running


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncGenerator[aiohttp.ClientSession]:
    headers = {"api-key": sandbox.us.api_keys["server_side"]}
    async with aiohttp.ClientSession(sandbox.us.url, headers=headers) as session:
        yield session


async def break_next(http: aiohttp.ClientSession, **fault: Any) -> None:
    async with http.post("/__sandbox__/faults", json={"times": 1, **fault}) as answer:
        assert answer.status == 200, await answer.text()


async def ask(http: aiohttp.ClientSession, path: str = "/api/channels") -> tuple[int, bytes]:
    async with http.get(path) as answer:
        return answer.status, await answer.read()


async def test_both_regions_listen_on_loopback_with_keys_of_their_own(sandbox: Sandbox) -> None:
    for origin in (sandbox.us, sandbox.eu):
        assert origin.url.startswith("http://127.0.0.1:")
        assert list(origin.api_keys) == ["server_side", "read_only", "mobile", "javascript"]
    assert not set(sandbox.us.api_keys.values()) & set(sandbox.eu.api_keys.values())


async def test_a_key_works_where_it_belongs_and_nowhere_else(sandbox: Sandbox) -> None:
    async def status(origin: Origin, key: str) -> int:
        async with (
            aiohttp.ClientSession(headers={"Api-Key": key}) as session,
            session.get(f"{origin.url}/api/channels") as answer,
        ):
            return answer.status

    us_key = sandbox.us.api_keys["server_side"]
    assert await status(sandbox.us, us_key) == 200
    assert await status(sandbox.eu, us_key) == 401


async def test_requests_are_at_hand_in_process(sandbox: Sandbox, http: Any) -> None:
    await ask(http)

    (entry,) = sandbox.us.requests
    assert (entry.method, entry.path, entry.effect, entry.status) == (
        "GET",
        "/api/channels",
        "read",
        200,
    )
    assert len(sandbox.eu.requests) == 0


async def test_links_lead_back_to_the_same_server(sandbox: Sandbox, http: Any) -> None:
    _, body = await ask(http, "/api/campaigns?page=1&pageSize=5")

    assert json.loads(body)["nextPageUrl"].startswith(f"{sandbox.us.url}/api/campaigns?")


async def test_a_taken_port_is_said_to_be_taken(sandbox: Sandbox) -> None:
    port = int(sandbox.us.url.rpartition(":")[2])

    with pytest.raises(PortUnavailable, match=f"port {port} of 127.0.0.1 cannot be used"):
        async with serve(us_port=port):
            pass


async def test_leaving_closes_connections_that_are_kept_or_waiting(clock: FrozenClock) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        AsyncExitStack() as leaving,
        serve(clock=clock) as sandbox,
        aiohttp.ClientSession(sandbox.us.url) as http,
    ):
        await break_next(http, kind="delay", seconds=600)
        waiting = asyncio.create_task(ask(http))
        await ask(http, "/__sandbox__/")
        await ask(http, "/__sandbox__/faults")
        started = time.process_time()
        ran_out = leaving.enter_context(waited(asyncio.get_running_loop()))

    # Within a second: what leaving works, and what it waits for.
    assert time.process_time() - started + sum(ran_out) < 1
    with pytest.raises(aiohttp.ClientError):
        await waiting


async def test_a_status_takes_the_place_of_the_answer_and_has_no_effect(http: Any) -> None:
    await break_next(http, kind="status", status=503, path="/api/lists", method="POST")

    async with http.post("/api/lists", json={"name": "Mine"}) as answer:
        assert answer.status == 503
        assert (await answer.json())["code"] == "GenericError"
    assert b"Mine" not in (await ask(http, "/api/lists"))[1]


async def test_a_status_may_bring_a_body_and_headers(http: Any) -> None:
    await break_next(
        http, kind="status", status=429, body="slow down", headers={"retry-after": "7"}
    )

    async with http.get("/api/channels") as answer:
        assert answer.headers["retry-after"] == "7"
        assert await answer.text() == "slow down"


async def test_a_fault_hits_its_route_so_many_times(http: Any) -> None:
    await break_next(http, kind="status", path="/api/lists*", times=2)

    assert (await ask(http, "/api/channels"))[0] == 200
    assert [(await ask(http, "/api/lists"))[0] for _ in range(3)] == [500, 500, 200]


async def test_a_fault_without_a_count_lasts_until_it_is_removed(http: Any) -> None:
    await break_next(http, kind="status", times=None)
    broken = [(await ask(http))[0] for _ in range(3)]

    async with http.delete("/__sandbox__/faults") as answer:
        assert (await answer.json()) == {"faults": []}

    assert broken == [500, 500, 500]
    assert (await ask(http))[0] == 200


async def test_a_delay_holds_the_answer_back(http: Any) -> None:
    await break_next(http, kind="delay", seconds=0.15)
    started = time.perf_counter()

    status, _ = await ask(http)

    assert status == 200
    assert time.perf_counter() - started >= 0.15


async def test_a_truncated_answer_ends_before_its_length(sandbox: Sandbox, http: Any) -> None:
    await break_next(http, kind="truncated", path="/api/email/target")
    body = {"campaignId": TRIGGERED["email"], "recipientEmail": AVERY}
    before = len(sandbox.us.project.messages)

    with pytest.raises(aiohttp.ClientPayloadError):
        async with http.post("/api/email/target", json=body) as answer:
            await answer.read()

    assert len(sandbox.us.project.messages) == before + 1


async def test_a_truncated_stream_ends_too_early(http: Any) -> None:
    await break_next(http, kind="truncated")

    with pytest.raises(aiohttp.ClientPayloadError):
        await ask(http, "/api/export/data.json?dataTypeName=user&range=All")


async def test_a_reset_connection_answers_nothing_and_has_no_effect(
    sandbox: Sandbox, http: Any
) -> None:
    await break_next(http, kind="reset", method="POST")

    with pytest.raises(aiohttp.ClientConnectionError):
        await http.post("/api/lists", json={"name": "Mine"})

    assert b"Mine" not in (await ask(http, "/api/lists"))[1]
    assert sandbox.us.requests[-2].fault == "reset"


async def test_a_huge_answer_is_as_long_as_asked(http: Any) -> None:
    await break_next(http, kind="huge", megabytes=3)

    _, body = await ask(http)

    assert len(body) > 3_000_000
    assert json.loads(body)["code"] == "Success"


async def test_an_answer_that_is_no_json_says_it_is_a_page(http: Any) -> None:
    await break_next(http, kind="not_json")

    async with http.get("/api/channels") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        assert "<html>" in await answer.text()


@pytest.mark.parametrize(
    "fault",
    [{}, {"kind": "sulk"}, {"kind": "status", "status": 99}, {"kind": "delay", "seconds": -1}],
)
async def test_a_fault_that_is_none_is_refused(http: Any, fault: dict[str, Any]) -> None:
    async with http.post("/__sandbox__/faults", json=fault) as answer:
        assert answer.status == 422


async def test_one_answers_latency_does_not_hold_up_another(http: Any) -> None:
    async with http.patch("/__sandbox__/settings", json={"latency": 0.2}) as answer:
        assert answer.status == 200

    async with asyncio.timeout(PATIENCE):
        with held(0.2) as latencies:
            asked = [asyncio.create_task(ask(http)) for _ in range(50)]
            await latencies.begun(50)
            answered = [each for each in asked if each.done()]
            latencies.let_go()
            statuses = [status for status, _ in await asyncio.gather(*asked)]

    assert answered == []
    assert statuses == [200] * 50
