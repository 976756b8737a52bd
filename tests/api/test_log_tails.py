"""The live tail of a search: what comes, once, for whom, and how it ends."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from jackfield.actions import run_recorder
from jackfield.asgi import build_app
from jackfield.kit import open_streams
from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.ids import ApiKeyId, RunId
from jackfield.kit.open_streams import TooManyStreams
from jackfield.logs.search import tail as tails
from jackfield.logs.search.query import read_query
from jackfield.logs.search.tail import LiveTail, Logged
from jackfield.projects import service as projects
from jackfield.projects.repo import ApiKeys, Projects
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.actor import TESTER
from tests.support.browsing import signed_in
from tests.support.clock import NOW, FrozenClock
from tests.support.logged_runs import REFUSED, log_runs
from tests.support.running import TRUSTING_NOBODY, Running, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def always() -> bool:
    return True


def opened(
    hub: Running, text: str = "", *, after: RunId | None = None, key: str = "test"
) -> tuple[LiveTail, AsyncGenerator[Logged]]:
    search = read_query(text, hub.hub.clock()).search
    actor = Actor(ActorKind.API_KEY, key)
    tail = LiveTail(hub.hub, hub.project.id, search, actor=actor, is_allowed=always, after=after)
    return tail, tail.logged()


def ids(logged: Logged) -> list[RunId]:
    return [run.id for run in logged.runs]


async def test_runs_come_once_as_they_are_logged_and_oldest_first(hub: Running) -> None:
    await log_runs(hub, {}, until=NOW - timedelta(seconds=5))
    _, tail = opened(hub)

    before = await anext(tail)
    first = await log_runs(hub, {}, {}, until=hub.hub.clock())
    second = await anext(tail)
    third = await anext(tail)

    assert (ids(before), ids(second), ids(third)) == ([], first, [])


async def test_only_what_the_query_finds_comes(hub: Running) -> None:
    _, tail = opened(hub, "status:failed")

    await anext(tail)
    (_, failed) = await log_runs(hub, {}, REFUSED)

    assert ids(await anext(tail)) == [failed]


async def test_a_run_that_took_long_comes_when_it_ends_though_it_began_before_others(
    hub: Running,
) -> None:
    _, tail = opened(hub)
    await anext(tail)
    await log_runs(hub, {})
    await anext(tail)

    (slow,) = await log_runs(hub, {"duration_ms": 61_000}, until=NOW - timedelta(seconds=58))

    assert tails.REACH.total_seconds() > run_recorder.LIFE_SECONDS
    assert ids(await anext(tail)) == [slow]


async def test_what_was_logged_since_a_page_was_shown_comes_too(hub: Running) -> None:
    shown, later = await log_runs(hub, {}, {}, seconds=20)
    _, tail = opened(hub, after=shown)

    assert ids(await anext(tail)) == [later]


async def test_more_than_can_be_shown_at_once_is_said_to_be_more(hub: Running) -> None:
    _, tail = opened(hub)
    await anext(tail)

    await log_runs(hub, *[{}] * (tails.MOST_AT_ONCE + 1), seconds=0.01)
    logged = await anext(tail)

    assert (len(logged.runs), logged.has_more) == (tails.MOST_AT_ONCE, True)


async def test_a_tail_ends_by_itself_after_some_minutes(hub: Running) -> None:
    _, tail = opened(hub)

    count = len([logged async for logged in tail])

    assert count == tails.SECONDS / tails.POLL_SECONDS


async def test_a_tail_ends_when_the_hub_stops(hub: Running) -> None:
    _, tail = opened(hub)
    await anext(tail)

    hub.hub.open_streams.close()

    assert [logged async for logged in tail] == []


async def test_tails_have_a_bounded_number_of_places(hub: Running) -> None:
    places = range(open_streams.MOST_OF_A_PROJECT)
    open_ones = [opened(hub, key=str(each))[0] for each in places]

    with pytest.raises(TooManyStreams):
        opened(hub, key="one more")
    open_ones[0].close()
    last, _ = opened(hub, key="one more")

    last.close()


async def test_one_key_leaves_places_to_the_others_of_its_project(hub: Running) -> None:
    open_ones = [opened(hub, key="greedy")[0] for _ in range(open_streams.MOST_OF_AN_ACTOR)]

    with pytest.raises(TooManyStreams):
        opened(hub, key="greedy")
    other, _ = opened(hub, key="other")
    open_ones[0].close()
    again, _ = opened(hub, key="greedy")

    other.close()
    again.close()


async def test_the_api_sends_a_tail_as_events(hub: Running) -> None:
    (run_id,) = await log_runs(hub, {})

    response = await hub.api.get("/jackfield/logs/live", params={"query": "status:ok"})
    polls = response.text.count(":\n\n")

    assert response.headers["content-type"].startswith("text/event-stream")
    assert f"event: run\nid: {run_id}\ndata: {{" in response.text
    assert response.text.endswith("event: end\ndata: {}\n\n")
    assert polls > 100
    for each in range(open_streams.MOST_OF_A_PROJECT):
        opened(hub, key=str(each))


async def test_a_tail_ends_once_whoever_reads_may_no_longer_do_so(hub: Running) -> None:
    answers = [True, False]

    async def is_allowed() -> bool:
        return answers.pop(0)

    search = read_query("", NOW).search
    tail = LiveTail(hub.hub, hub.project.id, search, actor=TESTER, is_allowed=is_allowed)

    assert len([logged async for logged in tail.logged()]) == 1


@pytest.mark.parametrize("end", [ApiKeys.disable, ApiKeys.revoke])
async def test_the_events_of_a_key_end_at_once_when_it_does(
    hub: Running, end: Callable[[ApiKeys, ApiKeyId], Awaitable[None]]
) -> None:
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        issued = await projects.issue_key(tx, name="reader")
    times: list[float] = []

    async def ending(_seconds: float) -> None:
        times.append(_seconds)
        if len(times) == 3:
            async with hub.hub.db.write(hub.project.id, TESTER) as tx:
                await end(ApiKeys(tx), issued.id)

    transport = httpx2.ASGITransport(app=build_app(replace(hub.hub, sleep=ending)))
    async with httpx2.AsyncClient(
        base_url=hub.hub.public_url,
        auth=(issued.token.reveal(), ""),
        transport=transport,
        verify=TRUSTING_NOBODY,
    ) as api:
        response = await api.get("/jackfield/logs/live")

    assert response.status_code == 200
    assert response.text.count(":\n\n") == len(times) == 3


async def test_a_tail_counts_as_one_request_of_its_key(
    data_dir: Path, sandbox: Sandbox, clock: FrozenClock
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock, rate_limit=1) as hub:
        response = await hub.api.get("/jackfield/logs/live")

    assert response.text.count(":\n\n") == tails.SECONDS / tails.POLL_SECONDS


async def use_from(hub: Running, *networks: str) -> None:
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await tx.touch()
        settings = replace(await Projects(tx).settings(), allowed_networks=networks)
        await Projects(tx).save_settings(settings)


async def test_a_tail_ends_once_its_project_is_not_used_from_there_any_more(hub: Running) -> None:
    browser = await signed_in(hub)
    times: list[float] = []

    async def moving(seconds: float) -> None:
        times.append(seconds)
        if len(times) == 2:
            await use_from(hub, "203.0.113.0/24")

    for path, opened in (("/jackfield/logs/live", hub.api), ("/dashboard/logs/live", browser)):
        times.clear()
        async with httpx2.AsyncClient(
            base_url=hub.hub.public_url,
            auth=opened.auth,
            cookies=opened.cookies,
            transport=httpx2.ASGITransport(app=build_app(replace(hub.hub, sleep=moving))),
            verify=TRUSTING_NOBODY,
        ) as reader:
            response = await reader.get(path)
        await use_from(hub)

        assert (response.status_code, len(times)) == (200, 2), path
