"""Totals beside pages of a log that is longer than they are counted in."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bench.logs import fill
from jackfield.db.keyset import Keyset
from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId
from jackfield.logs.runs.models import Run, RunFilter
from jackfield.logs.runs.repo import Runs
from tests.support.actor import TESTER
from tests.support.clock import NOW
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

PROJECT = ProjectId.new(NOW)
ACCOUNTS = ((), ("acc_7",), ("acc_7", "acc_8", "acc_7"), tuple(f"acc_{n}" for n in range(500)))
PROVIDERS = ((), ("provider_7",), ("provider_8", "provider_9"))
STATUSES = ((), (200,), (502, 418), (200, 502))
SUCCESS = (None, True, False)


@pytest.fixture
async def runs(db: Database) -> list[Run]:
    """Insert runs, and return them with the newest first."""
    async with db.write(PROJECT, TESTER) as tx:
        await tx.run(
            "insert into projects (id, name, created_at) values (:project_id, 'ours', :now)"
        )
    await fill(db, PROJECT, 2000)
    async with db.read(PROJECT) as tx:
        found, more = await Runs(tx).page(RunFilter(), number=1, size=2000)
    assert not more
    return found


def matching(runs: Sequence[Run], only: RunFilter) -> list[Run]:
    return [
        each
        for each in runs
        if (not only.account_ids or each.account_id in only.account_ids)
        and (not only.providers or each.provider in only.providers)
        and (not only.status_codes or each.status_code in only.status_codes)
        and (only.success is None or each.success is only.success)
    ]


@pytest.mark.slow
async def test_every_filter_finds_and_counts_what_matches_it(db: Database, runs: list[Run]) -> None:
    async with db.read(PROJECT) as tx:
        for accounts, providers, statuses, success in itertools.product(
            ACCOUNTS, PROVIDERS, STATUSES, SUCCESS
        ):
            only = RunFilter(
                account_ids=accounts, providers=providers, status_codes=statuses, success=success
            )
            expected = matching(runs, only)

            page, more = await Runs(tx).page(only, number=2, size=3)
            count = await Runs(tx).count(only)
            steps = await Runs(tx).count(only, "step_count")
            around, before, follow = await Runs(tx).around(only, "step_count", number=2, size=3)
            first = await Runs(tx).after(only, Keyset(), size=3)

            assert page == expected[3:6], only
            assert more is follow is (len(expected) > 6)
            assert (count.total, count.is_exact) == (len(expected), True)
            assert steps == count
            assert (around[:3], before) == (expected[3:6], 0)
            assert list(first.items) == expected[:3]


@pytest.fixture
async def long_log(hub: Running) -> Callable[[dict[str, Any]], Any]:
    """Return how to list a log of 10,050 runs."""
    (project,) = await hub.hub.db.unscoped("select id from projects")
    await fill(hub.hub.db, ProjectId(project["id"]), 10_050)

    async def listed(body: dict[str, Any], path: str = "/logs/actions") -> dict[str, Any]:
        response = await hub.api.post(path, json=body)
        assert response.status_code == 200, response.text
        return response.json()

    return listed


async def test_a_total_of_a_long_log_says_that_there_are_at_least_so_many(long_log: Any) -> None:
    all_of_it = await long_log({})
    steps = await long_log({}, "/logs/steps")
    requests = await long_log({}, "/logs/provider")
    one_account = await long_log({"filters": {"account_id": "acc_7"}})

    for answer in (all_of_it, steps, requests):
        assert (answer["total"], answer["total_is_exact"]) == (10_000, False)
    assert 0 < one_account["total"] < 100
    assert one_account["total_is_exact"] is True


@pytest.mark.slow
async def test_a_client_that_goes_on_until_the_total_sees_every_line(long_log: Any) -> None:
    for path in ("/logs/actions", "/logs/steps"):
        seen, number = 0, 0
        while True:
            number += 1
            answer = await long_log({"page": number, "page_size": 1000}, path)
            seen += len(answer["data"])
            if number * 1000 >= answer["total"]:
                break

        assert seen == 10_050
