"""`/dashboard/home`: what needs attention, and how much is run."""

import re
from datetime import timedelta
from html import unescape

import httpx2
import pytest
from msgspec.structs import replace

from jackfield.kit.ids import RunId
from jackfield.logs.runs.repo import append_run
from tests.support.browsing import signed_in
from tests.support.clock import NOW, FrozenClock
from tests.support.issues import look
from tests.support.logged_runs import REFUSED, USUAL, log_runs
from tests.support.oakdale import Browser, oakdale
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import HubWith, Running
from tests.support.scripted import reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]

HOME = "/dashboard/home"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    return await signed_in(hub)


async def shown(browser: httpx2.AsyncClient, path: str = HOME) -> str:
    response = await browser.get(path)
    assert response.status_code == 200, response.text
    return unescape(response.text)


def section(page: str, name: str) -> str:
    """Return a card of the page, by the id of its heading."""
    return next(part for part in page.split("<section") if f'aria-labelledby="{name}"' in part)


def bars(page: str, name: str) -> list[tuple[int, str]]:
    """Return what the bars of a chart say they lead to: how many runs, and where."""
    found = re.findall(
        r'<a href="([^"]+)" tabindex="-1" aria-label="[^"]*UTC: ([\d,]+) (?:runs?|failed)"',
        section(page, name),
    )
    return [(int(count.replace(",", "")), path) for path, count in found]


async def logged(browser: httpx2.AsyncClient, path: str) -> int:
    """Return how many runs the log has, where a link leads to."""
    found = re.search(r'class="count">([\d,]+) runs?', await shown(browser, path))
    return int(found[1].replace(",", "")) if found else 0


def add(hub: Running, ago: timedelta, **given: object) -> None:
    run = replace(USUAL, id=RunId.new(NOW - ago), started_at=NOW - ago, **given)
    append_run(hub.hub.write_buffer, hub.project.id, run)


async def test_a_new_project_is_shown_its_first_steps(
    hub: Running, browser: httpx2.AsyncClient, receiver: Receiver
) -> None:
    before = section(await shown(browser), "steps")
    await subscribe(hub, receiver.url)
    after = section(await shown(browser), "steps")
    paths = re.findall(r'class="tile" href="([^"]+)"', before)

    assert paths == ["/dashboard/link", "/dashboard/keys", "/dashboard/logs", "/dashboard/webhooks"]
    for path in paths:
        assert (await browser.get(path)).status_code == 200
    # There is a key: the one of this test.
    assert (before.count("(done)"), after.count("(done)")) == (1, 2)


async def test_once_an_account_is_linked_the_page_says_how_much_there_is(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    account = await hub.link()
    await log_runs(hub, {}, REFUSED)

    page = await shown(browser)

    assert 'id="steps"' not in page
    assert "<b>1</b> <span>account, 1 new this week" in page
    assert "<b>2</b> <span>runs in 24 hours, 1 failed" in page
    assert f"/dashboard/accounts/{account}" in section(page, "new")
    assert "Nothing." in section(page, "attention")


async def test_each_bar_leads_to_exactly_the_runs_that_it_counts(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    moments = (HOUR / 60, HOUR, HOUR * 5, HOUR * 23, DAY * 2, DAY * 2 + HOUR, DAY * 13, DAY * 15)
    for ago in moments:
        add(hub, ago)
        add(hub, ago, **REFUSED)
    for edge in (NOW.replace(minute=0), NOW.replace(hour=0, minute=0)):
        for moment in (timedelta(), timedelta(milliseconds=1)):
            add(hub, NOW - edge + moment)
    await hub.hub.write_buffer.flush()
    page = await shown(browser)

    hours, days = bars(page, "by-hour"), bars(page, "by-day")

    for count, path in (*hours, *days):
        assert await logged(browser, path) == count
    assert sum(count for count, path in hours if "failed" in path) == 4
    assert sum(count for count, path in hours if "failed" not in path) == 12
    assert sum(count for count, path in days if "failed" not in path) == 18
    assert "18, 7 failed" in section(page, "by-day")


async def test_what_the_bars_say_is_said_in_a_table_as_well(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await log_runs(hub, {}, {}, REFUSED)

    table = section(await shown(browser), "by-day").partition("<table")[2]
    links = re.findall(r'<a href="([^"]+)">(\d+)</a>', table)

    assert [await logged(browser, path) for path, _ in links] == [3, 1]
    assert table.count("<tr>") == 15


async def test_runs_are_divided_by_connector_and_by_source(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    cli = {"source": "api", "user_agent": "jackfield-cli/1"}
    await log_runs(hub, {}, cli, {"source": "mcp"}, REFUSED, {"provider": ""})
    page = await shown(browser)

    for name, titles in (
        ("by-connector", {"Iterable": 4}),
        ("by-source", {"REST": 3, "MCP": 1, "CLI": 1}),
    ):
        links = re.findall(r'<a href="([^"]+)">(\w+)</a>', section(page, name))
        assert {title: await logged(browser, path) for path, title in links} == titles
    assert "None that is known" in section(page, "by-connector")


async def test_an_issue_is_named_and_leads_to_what_mends_it(
    hub: Running, browser: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    account = await hub.link(origin_owner_name="<b>Acme</b>")
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    await hub.run(account, "iterable_list_channels")
    await look(hub, clock)

    raw = (await browser.get(HOME)).text
    page = section(unescape(raw), "attention")

    assert "<b>Acme" not in raw
    assert "Iterable does not accept the credential of" in page
    assert "1 account is to be linked again: their credential is not accepted" in page
    for path in re.findall(r'<a href="([^"]+)"', page):
        assert (await browser.get(path)).status_code == 200


async def test_endpoints_that_do_not_take_their_events_are_named(
    hub: Running, browser: httpx2.AsyncClient, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    receiver.answers = [reply(status=410)]
    await hub.link()
    await deliver(hub)

    page = section(await shown(browser), "attention")

    assert f"/dashboard/webhooks/{webhook['id']}" in page


async def test_an_endpoint_that_lost_its_secret_with_a_key_of_the_vault_is_named(
    hub: Running, browser: httpx2.AsyncClient, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    await hub.hub.db.unscoped("delete from credentials where owner_id = :id", id=webhook["id"])

    page = section(await shown(browser), "attention")

    assert "has no signing secret" in page
    assert f"/dashboard/webhooks/{webhook['id']}" in page


async def test_events_that_wait_for_more_than_an_hour_are_named(
    hub: Running, browser: httpx2.AsyncClient, receiver: Receiver, clock: FrozenClock
) -> None:
    await subscribe(hub, receiver.url)
    await hub.link()
    fresh = section(await shown(browser), "attention")
    clock.advance(hours=2)

    late = section(await shown(browser), "attention")

    assert "has not taken its events" not in fresh
    assert "has not taken its events for over an hour" in late


async def test_a_key_that_expires_soon_is_named(hub: Running, browser: httpx2.AsyncClient) -> None:
    for name, days in (("soon", "30"), ("later", "90")):
        await browser.post(
            "/dashboard/keys", data={"name": name, "scope": "logs:read", "lifetime": days}
        )
    await hub.hub.db.unscoped(
        "update api_keys set expires_at = :at where name = 'soon'", at=NOW + DAY * 5
    )

    page = section(await shown(browser), "attention")

    assert "The API key soon expires" in page
    assert "later" not in page


async def test_another_projects_runs_and_troubles_are_not_shown(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await log_runs(hub, {}, REFUSED)
    await hub.key(project="theirs")
    (theirs,) = await hub.hub.db.unscoped("select id from projects where name = 'theirs'")
    await hub.hub.db.unscoped("update dashboard_sessions set project_id = :id", id=theirs["id"])

    page = await shown(browser)

    assert bars(page, "by-day") == []
    assert 'id="by-connector"' not in page


@pytest.mark.parametrize("path", [HOME, f"{HOME}/linking"])
async def test_only_a_browser_that_is_signed_in_sees_it(hub: Running, path: str) -> None:
    assert (await hub.api.get(path)).status_code == 401


@pytest.mark.parametrize("refresh_token", [None, "refresh-token-1"])
async def test_a_sign_in_that_ends_soon_and_cannot_be_renewed_is_named(
    hub_with: HubWith, refresh_token: str | None
) -> None:
    async with oakdale(hub_with) as (hub, provider):
        provider.tokens |= {"refresh_token": refresh_token, "expires_in": 5 * 24 * 3600}
        person = Browser.of(hub)
        asked = await person.leave(hub)
        await person.come_back(code="c-1", state=asked["state"])

        page = section(await shown(await signed_in(hub)), "attention")

    assert ("at Oakdale ends, and cannot be renewed" in page) is (refresh_token is None)
