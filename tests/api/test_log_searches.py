"""Searches of the run log: which runs each word finds, page by page, however many there are."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from jackfield.kit.ids import RunId
from jackfield.logs.search import service
from jackfield.logs.search.models import Found, Histogram, Position
from jackfield.logs.search.query import read_query
from jackfield.projects import service as projects
from tests.support.clock import NOW
from tests.support.logged_runs import REFUSED, log_runs
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def find(hub: Running, text: str, position: Position | None = None, **how: Any) -> Found:
    search = read_query(text, NOW).search
    return await service.find_runs(
        hub.hub, hub.project.id, search, position or Position(), **{"size": 50, **how}
    )


async def count(hub: Running, text: str, **how: Any) -> Histogram:
    return await service.count_runs(hub.hub, hub.project.id, read_query(text, NOW).search, **how)


def places(found: Found, ids: Sequence[RunId]) -> list[int]:
    return [ids.index(run.id) for run in found.runs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [3, 2, 1, 0]),
        ("status:ok", [3, 0]),
        ("status:failed", [2, 1]),
        ("status:4xx", [1]),
        ("status:ok status:401", [3, 1, 0]),
        ("-status:2xx", [2, 1]),
        ("connector:iterable", [2, 1, 0]),
        ("-connector:iterable -connector:none", [3]),
        ("action:*SEND*", [2]),
        ("action:iterable_list_lists", [1, 0]),
        ("action:iterable?list?lists action:%", []),
        ("account:acc_2", [1]),
        ("account:acc_2 account:acc_1", [3, 2, 1, 0]),
        ("customer:other", [2]),
        ("customer:other customer:acme", [2, 1, 0]),
        ("-customer:acme", [3, 2]),
        ("effect:send", [2]),
        ("-effect:read", [3, 2]),
        ("effect:execute", []),
        ("source:mcp", [3]),
        ("source:cli", [2]),
        ("source:rest", [1, 0]),
        ("source:rest source:cli", [2, 1, 0]),
        ("-source:cli source:rest", [1, 0]),
        ("source:cli source:mcp", [3, 2]),
        ("type:test", [3]),
        ("took:>1s", [0]),
        ("took:<1s status:ok", [3]),
        ("took:10ms-40ms", [3, 2, 1]),
        ("request:req_2", [2]),
        ("request:req_2 status:ok", []),
        ("-request:req_2 status:failed", [1]),
        ("request:none", []),
        ("code:bad_key", [1]),
        ("-code:bad_key", [3, 2, 0]),
        ("SLOW down", [2]),
        ("slow up", []),
        ("-slow", [3, 1, 0]),
        ("100%_", []),
        ('"acme inc"', [2, 1, 0]),
        ("key:worker", [0]),
        ("-key:worker", [3, 2, 1]),
        ("key:nobody", []),
        ("since:2s", [3, 2]),
        ("until:2s", [1, 0]),
        ("since:3s until:1s", [2, 1]),
    ],
)
async def test_each_word_finds_the_runs_it_says(
    hub: Running, text: str, expected: list[int]
) -> None:
    async with hub.hub.db.read(hub.project.id) as tx:
        rows = await tx.all("select id from api_keys where project_id = :project_id")
    key = rows[0]["id"]
    ids = await log_runs(
        hub,
        {"key_id": key, "duration_ms": 2000},
        {**REFUSED, "account_id": "acc_2", "request_id": "req_1"},
        {
            "success": False, "status_code": 502, "request_id": "req_2",
            "action_id": "iterable_send_email", "message": "Please slow down",
            "origin_owner_id": "other", "user_agent": "jackfield-cli/1.0",
        },
        {
            "source": "mcp", "mode": "test", "provider": "", "action_id": "proxy",
            "origin_owner_id": None, "origin_owner_name": None,
        },
    )  # fmt: skip

    assert places(await find(hub, text.replace("worker", "test")), ids) == expected


async def test_pages_meet_both_ways_while_new_runs_come(hub: Running) -> None:
    ids = await log_runs(hub, *[{}] * 5)

    first = await find(hub, "status:ok", size=2)
    later = await log_runs(hub, {})
    second = await find(hub, "status:ok", Position(before=first.edge), size=2)
    third = await find(hub, "status:ok", Position(before=second.edge), size=2)
    back = await find(hub, "status:ok", Position(after=third.runs[0].id), size=2)

    assert later
    assert [places(each, ids) for each in (first, second, third, back)] == [
        [4, 3],
        [2, 1],
        [0],
        [2, 1],
    ]
    assert (third.edge, back.edge) == (None, back.runs[0].id)


async def test_a_search_that_finds_little_ends_early_and_goes_on_where_it_ended(
    hub: Running,
) -> None:
    ids = await log_runs(hub, REFUSED, *[{}] * 6)

    first = await find(hub, "code:bad_key", scanned=4)
    second = await find(hub, "code:bad_key", Position(before=first.edge), scanned=4)
    newer = await find(hub, "code:bad_key", Position(after=ids[0]), scanned=4)

    assert (first.runs, first.edge, first.is_partial) == ((), ids[3], True)
    assert places(second, ids) == [0]
    assert (second.edge, second.is_partial) == (None, False)
    assert (newer.edge, newer.is_partial) == (ids[4], True)


@pytest.mark.parametrize("text", ["status:failed", "customer:rare", "account:acc_rare"])
async def test_what_is_looked_for_most_is_found_however_rare_it_is(hub: Running, text: str) -> None:
    rare = {**REFUSED, "origin_owner_id": "rare", "account_id": "acc_rare"}
    ids = await log_runs(hub, rare, *[{}] * 6)

    found = await find(hub, text, scanned=2)

    assert (places(found, ids), found.is_partial) == ([0], False)


async def test_runs_are_counted_by_when_they_began(hub: Running) -> None:
    await log_runs(hub, REFUSED, {}, {}, {})

    found = await count(hub, "since:4s", bars=4)
    whole = await count(hub, "")
    rest = await count(hub, "-code:none", scanned=3, bars=4)

    assert [(bar.total, bar.failed) for bar in found.bars] == [(1, 1), (1, 0), (1, 0), (1, 0)]
    assert found.counted_since == NOW - timedelta(seconds=4)
    assert (len(whole.bars), whole.total, whole.failed) == (60, 4, 1)
    assert whole.bars[0].since == NOW - timedelta(days=1)
    assert (rest.total, rest.counted_since) == (3, NOW - timedelta(seconds=3))


@pytest.mark.parametrize("text", ["since:2099-01-01", "until:1971-01-01", "since:1h until:2h"])
async def test_a_range_in_which_nothing_can_be_is_counted_too(hub: Running, text: str) -> None:
    assert (await count(hub, text)).total == 0


async def test_the_runs_beside_one_are_found_within_the_search(hub: Running) -> None:
    ids = await log_runs(hub, REFUSED, {}, REFUSED, {}, REFUSED)
    search = read_query("status:failed", NOW).search
    (run,) = (await find(hub, str(ids[2]))).runs

    beside = await service.find_neighbors(hub.hub, hub.project.id, search, run)

    assert beside == (ids[4], ids[0])


async def test_another_projects_runs_are_not_found(hub: Running) -> None:
    await log_runs(hub, {"request_id": "req_1"})
    await hub.key(project="theirs")
    theirs = await projects.get_project(hub.hub.db, "theirs")

    for text in ("", "request:req_1", "status:ok"):
        search = read_query(text, NOW).search
        found = await service.find_runs(hub.hub, theirs.id, search, Position(), size=50)
        assert found.runs == ()
