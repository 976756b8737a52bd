"""How accounts were used lately, as the Accounts page shows it."""

from datetime import timedelta

import pytest

from jackfield.kit.ids import RunId
from jackfield.logs.account_use.models import HOURS, MOST_FAILURES, AccountUse
from jackfield.logs.account_use.repo import use_of
from jackfield.logs.runs.models import Run
from jackfield.logs.runs.repo import append_run
from tests.api.test_dashboard import sign_in
from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


def add(hub: Running, account_id: str, ago: timedelta, *, success: bool = False) -> None:
    at = hub.hub.clock() - ago
    run = Run(
        id=RunId.new(at),
        account_id=account_id,
        provider="iterable",
        action_id="iterable_list_users",
        source="rest",
        success=success,
        status_code=200 if success else 502,
        error_code=None if success else "provider_error",
        message=None,
        started_at=at,
        duration_ms=1,
    )
    append_run(hub.hub.write_buffer, hub.project.id, run)


async def use(hub: Running, *account_ids: str) -> dict[str, AccountUse]:
    await hub.hub.write_buffer.flush()
    async with hub.hub.db.read(hub.project.id) as tx:
        return dict(await use_of(tx, account_ids))


async def test_failures_are_counted_by_the_hour_for_a_day(hub: Running) -> None:
    account, other = await hub.link(), await hub.link(origin_owner_id="other")
    for hours in (0.5, 0.75, 12.5, 23.3, 25):
        add(hub, account, timedelta(hours=hours))
    add(hub, account, timedelta(minutes=1), success=True)

    found = await use(hub, account, other)

    assert found[account].failed == 4
    assert found[account].failures[-1] == 2
    assert sum(found[account].failures[10:13]) == 1
    assert len(found[account].failures) == HOURS
    assert found[account].used_at == hub.hub.clock() - timedelta(minutes=1)
    assert found[other] == AccountUse(None)


async def test_no_more_failures_of_an_account_are_counted_than_would_matter(hub: Running) -> None:
    account, other = await hub.link(), await hub.link(origin_owner_id="other")
    for number in range(MOST_FAILURES + 10):
        add(hub, account, timedelta(seconds=number))
    add(hub, other, timedelta(minutes=1))

    found = await use(hub, account, other)

    assert (found[account].failed, found[account].is_complete) == (MOST_FAILURES, False)
    assert (found[other].failed, found[other].is_complete) == (1, True)


async def test_an_account_of_another_project_looks_unused(hub: Running) -> None:
    account = await hub.link()
    add(hub, account, timedelta(minutes=1))
    await hub.hub.write_buffer.flush()
    await hub.key(project="theirs")
    (theirs,) = await hub.hub.db.unscoped("select id from projects where name = 'theirs'")

    async with hub.hub.db.read(theirs["id"]) as tx:
        found = await use_of(tx, [account])

    assert found == {account: AccountUse(None)}


async def test_the_accounts_page_shows_the_last_use_and_the_failures(
    hub: Running, clock: FrozenClock
) -> None:
    account = await hub.link()
    unused = await hub.link(origin_owner_id="unused")
    for _ in range(3):
        add(hub, account, timedelta(minutes=1))
    await hub.hub.write_buffer.flush()
    hub.api.auth = None
    await sign_in(hub)

    page = (await hub.api.get("/dashboard")).text

    assert 'aria-label="3 failed in 24 hours"' in page
    assert page.count('aria-label="None failed in 24 hours"') == 1
    assert page.count(">never<") == 1
    assert f"{clock() - timedelta(minutes=1):%Y-%m-%d %H:%M UTC}" in page
    assert unused in page
