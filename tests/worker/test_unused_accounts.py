"""Accounts that nobody uses are suspended days after it was told, and never while they are in use."""

from datetime import timedelta
from typing import Any

import pytest

from jackfield.accounts import pauses
from jackfield.accounts.disuse import service
from jackfield.accounts.repo import Accounts
from jackfield.kit.ids import RunId
from jackfield.logs.account_use.repo import append_use
from jackfield.ui.portal.states import state_of
from tests.api.test_dashboard import sign_in
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

DAY = timedelta(days=1)


async def want(hub: Running, days: int | None) -> None:
    answer = await hub.api.patch("/jackfield/project", json={"suspend_unused_days": days})
    assert answer.status_code == 200, answer.text


async def pass_days(hub: Running, clock: FrozenClock, number: int) -> None:
    for _ in range(number):
        clock.advance(seconds=DAY.total_seconds() + 60)
        await service.look(hub.hub)


async def shown(hub: Running, account_id: str) -> dict[str, Any]:
    return (await hub.api.get(f"/accounts/{account_id}")).json()


async def events(hub: Running, kind: str) -> list[str]:
    async with hub.hub.db.read(hub.project.id) as tx:
        rows = await tx.all(
            "select subject from events where project_id = :project_id and type = :type order by id",
            type=kind,
        )
    return [row["subject"] for row in rows]


async def use(hub: Running, account_id: str) -> None:
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200
    await hub.hub.write_buffer.flush()
    hub.hub.noted_uses.clear()


async def test_an_unused_account_is_told_of_then_suspended_and_resumed_by_a_press(
    hub: Running, clock: FrozenClock
) -> None:
    idle, busy = await hub.link(), await hub.link(origin_owner_id="busy")
    await service.look(hub.hub)
    await want(hub, 10)

    await pass_days(hub, clock, 2)
    await use(hub, busy)
    await pass_days(hub, clock, 2)
    told = await events(hub, "account.unused")
    still = await shown(hub, idle)
    await use(hub, busy)
    await pass_days(hub, clock, 2)
    await use(hub, busy)
    await pass_days(hub, clock, 2)
    await use(hub, busy)
    await pass_days(hub, clock, 2)
    before = await shown(hub, idle)
    await use(hub, busy)
    await pass_days(hub, clock, 2)

    suspended = await shown(hub, idle)
    assert (told, still["status"], before["status"]) == ([idle], "active", "active")
    assert (suspended["status"], suspended["status_reasons"][0]["code"]) == ("suspended", "unused")
    assert (await shown(hub, busy))["status"] == "active"
    refused = await hub.run(idle, "iterable_list_channels")
    assert "nobody used it" in refused.json()["message"]
    resumed = (await hub.api.post(f"/jackfield/accounts/{idle}/resume")).json()
    assert (resumed["status"], resumed["status_reasons"]) == ("active", [])
    await pass_days(hub, clock, 2)
    assert (await shown(hub, idle))["status"] == "active"


async def test_a_use_after_it_was_told_keeps_an_account(hub: Running, clock: FrozenClock) -> None:
    account = await hub.link()
    await service.look(hub.hub)
    await want(hub, 4)

    await pass_days(hub, clock, 3)
    assert await events(hub, "account.unused") == [account]
    await use(hub, account)
    await pass_days(hub, clock, 3)

    assert (await shown(hub, account))["status"] == "active"


@pytest.mark.parametrize("years", [3, -3])
async def test_a_clock_that_is_set_wrong_suspends_nothing(
    hub: Running, clock: FrozenClock, years: int
) -> None:
    account = await hub.link()
    await service.look(hub.hub)
    await want(hub, 12)
    await pass_days(hub, clock, 1)

    for jump in (years, -years):
        clock.advance(seconds=jump * 365 * DAY.total_seconds())
        for _ in range(3):
            await service.look(hub.hub)

    assert (await shown(hub, account))["status"] == "active"
    assert await events(hub, "account.unused") == []


async def test_days_on_which_the_hub_did_not_run_do_not_count(
    hub: Running, clock: FrozenClock
) -> None:
    account = await hub.link()
    await service.look(hub.hub)
    await want(hub, 5)

    clock.advance(seconds=90 * DAY.total_seconds())
    await service.look(hub.hub)

    assert await events(hub, "account.unused") == []
    assert (await shown(hub, account))["status"] == "active"


async def test_without_the_setting_nothing_is_told_or_suspended(
    hub: Running, clock: FrozenClock
) -> None:
    account = await hub.link()
    await service.look(hub.hub)
    await want(hub, 2)
    await pass_days(hub, clock, 2)
    told = await events(hub, "account.unused")
    await want(hub, None)

    await pass_days(hub, clock, 5)

    assert told == [account]
    assert (await shown(hub, account))["status"] == "active"
    assert not await hub.hub.db.unscoped("select account_id from unused_accounts")


async def test_a_use_that_was_noted_late_ends_the_suspension(
    hub: Running, clock: FrozenClock
) -> None:
    account = await hub.link()
    await service.look(hub.hub)
    await want(hub, 2)
    await pass_days(hub, clock, 4)
    suspended = (await shown(hub, account))["status"]

    run = RunId.new(hub.hub.clock() - timedelta(seconds=5))
    append_use(hub.hub.write_buffer, hub.project.id, account, run)
    await hub.hub.write_buffer.flush()
    await service.look(hub.hub)

    assert (suspended, (await shown(hub, account))["status"]) == ("suspended", "active")


async def test_the_customer_may_resume_it_and_home_and_the_accounts_page_say_so_before(
    hub: Running, clock: FrozenClock
) -> None:
    account = await hub.link()
    await service.look(hub.hub)
    await want(hub, 3)
    await pass_days(hub, clock, 2)
    await sign_in(hub)

    home = (await hub.api.get("/dashboard/home")).text
    page = (await hub.api.get(f"/dashboard/accounts/{account}")).text
    await pass_days(hub, clock, 3)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        found = await Accounts(tx).get(account)
        state = state_of(found).key
        resumed = await pauses.resume(tx, found)

    assert "1 account is unused, and suspended within 7 days" in home
    assert "Nobody uses it" in page
    assert (state, resumed.status) == ("unused", "active")
