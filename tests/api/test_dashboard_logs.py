"""The Logs page of the dashboard, without scripts."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from jackfield.logs.search.service import SCANNED
from tests.support.browsing import signed_in
from tests.support.clock import NOW
from tests.support.logged_runs import REFUSED, log_runs
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    return await signed_in(hub)


async def shown(browser: httpx2.AsyncClient, query: str = "", **more: str) -> str:
    response = await browser.get("/dashboard/logs", params={"q": query, **more})
    assert response.status_code == 200, response.text
    return response.text


def rows(text: str) -> list[str]:
    return re.findall(r'data-run="(run_\w+)"', text)


def link(text: str, name: str) -> dict[str, str]:
    """Return the parameters of the first link whose markup has `name`."""
    found = re.search(rf'<a [^>]*href="([^"]+)"[^>]*{name}', text)
    assert found is not None, name
    query = urlsplit(found[1].replace("&amp;", "&")).query
    return {key: values[0] for key, values in parse_qs(query).items()}


async def test_runs_are_listed_with_how_they_ended_and_who_asked(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    async with hub.hub.db.read(hub.project.id) as tx:
        keys = await tx.all("select id from api_keys where project_id = :project_id")
    ids = await log_runs(
        hub,
        {**REFUSED, "action_id": "iterable_send_email", "key_id": keys[0]["id"]},
        {"source": "mcp", "duration_ms": 1420},
    )

    text = await shown(browser)

    assert rows(text) == ids[::-1]
    for words in ("2 runs, 1 failed in the last 24 hours", "bad_key", "</svg> send</span>",
                  "1.42 s", '<span class="tag">MCP</span>', "test", ">30 days</a>"):  # fmt: skip
        assert words in text
    assert f'href="/dashboard/logs/{ids[0]}"' in text


async def test_a_filter_is_added_to_the_query_and_taken_out_of_it(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    ids = await log_runs(hub, REFUSED, {}, {"action_id": "iterable_send_email"})

    added = await browser.get("/dashboard/logs", params={"q": "status:ok", "add": "action:*send*"})
    both = await browser.get(added.headers["location"])
    fewer = link(both.text, 'aria-label="Remove status ok"')

    assert added.status_code == 303
    assert rows(both.text) == [ids[2]]
    assert fewer == {"q": "action:*send*"}


async def test_a_word_that_is_not_understood_is_shown_with_what_is_wrong(
    browser: httpx2.AsyncClient,
) -> None:
    response = await browser.get("/dashboard/logs", params={"q": "status:ok", "add": 'x:"<b>"'})

    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert "there is no word &#39;x&#39;" in response.text
    assert 'value="status:ok x:&#34;&lt;b&gt;&#34;"' in response.text
    assert "<b>&#34;" not in response.text


async def test_pages_lead_to_older_and_newer_runs_while_new_ones_come(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    ids = await log_runs(hub, *[{}] * 60)

    first = await shown(browser)
    second = await shown(browser, before=link(first, 'rel="next"')["before"])
    later = await log_runs(hub, {}, until=NOW + timedelta(seconds=5))
    back = await shown(browser, after=link(second, 'rel="prev"')["after"])

    assert rows(first) + rows(second) == ids[::-1]
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in second
    assert rows(back) == rows(first)
    assert rows(await shown(browser, after=link(back, 'rel="prev"')["after"]))[0] == later[0]


async def test_each_bar_leads_to_its_runs(hub: Running, browser: httpx2.AsyncClient) -> None:
    ids = await log_runs(hub, REFUSED, {}, seconds=30)

    text = await shown(browser, "since:1m")
    bars = re.findall(r'href="\?([^"]+)" tabindex="-1"', text)
    found = [rows((await browser.get(f"/dashboard/logs?{bar}")).text) for bar in bars]

    assert found == [[ids[0]], [ids[1]]]
    assert 'class="hot"' in text


async def test_a_preset_replaces_the_range(hub: Running, browser: httpx2.AsyncClient) -> None:
    await log_runs(hub, {})

    text = await shown(browser, "since:2026-01-01 until:2026-02-01 status:ok")

    assert 'href="?q=status%3Aok+since%3A15m"' in text.replace("%20", "+")
    assert link(text, ">Any time") == {"q": "status:ok"}


async def test_an_empty_log_says_how_it_fills_and_a_search_without_a_match_leads_back(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    empty = await shown(browser)
    await log_runs(hub, {})
    none = await shown(browser, "status:failed")

    assert "Nothing has been run yet" in empty
    assert "No run matches" in none
    assert '<a class="button" href="/dashboard/logs">Show all runs</a>' in none


async def test_a_search_that_ended_early_says_so_and_goes_on(
    hub: Running, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await log_runs(hub, REFUSED, *[{}] * 5)
    monkeypatch.setattr("jackfield.logs.search.service.SCANNED", 3)

    first = await shown(browser, "code:bad_key")
    second = await shown(browser, "code:bad_key", before=link(first, ">Look further")["before"])

    assert "Nothing found so far" in first
    assert rows(second) == [ids[0]]
    assert SCANNED > 3


async def test_runs_are_exported_as_the_page_finds_them(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    ids = await log_runs(hub, REFUSED, {})

    file = await browser.get(
        "/dashboard/logs/export", params={"q": "status:failed", "format": "csv"}
    )

    assert ids[0] in file.text
    assert ids[1] not in file.text
    assert file.headers["content-disposition"] == 'attachment; filename="jackfield-logs.csv"'


async def test_new_rows_come_as_events_to_a_browser_that_is_signed_in(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    ids = await log_runs(hub, REFUSED, {})

    events = await browser.get("/dashboard/logs/live", params={"q": "status:ok"})
    wrong = await browser.get("/dashboard/logs/live", params={"q": "state:ok"})
    browser.cookies.clear()
    stranger = await browser.get("/dashboard/logs/live")

    assert [each in events.text for each in ids] == [False, True]
    assert events.text.endswith("event: end\ndata: {}\n\n")
    assert (wrong.status_code, stranger.status_code) == (422, 401)


async def test_an_accounts_page_leads_to_its_runs(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await log_runs(hub, {"account_id": "acc_9"})
    text = await shown(browser, "account:acc_9")

    assert len(rows(text)) == 1
    assert NOW.strftime("%m-%d") in text


@pytest.mark.parametrize("cursor", ["before", "after"])
async def test_a_cursor_that_is_none_shows_the_newest_runs(
    hub: Running, browser: httpx2.AsyncClient, cursor: str
) -> None:
    ids = await log_runs(hub, {})

    assert rows(await shown(browser, "", **{cursor: "run_0"})) == ids


async def test_requests_that_are_no_runs_are_listed_with_their_keys(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    for _ in range(60):
        await hub.api.get("/accounts")
    refused = await hub.api.get("/accounts/acc_none")
    other = await hub.key()
    await hub.api.get("/accounts", auth=(other, ""))
    await hub.hub.write_buffer.flush()
    place = "/dashboard/logs/requests"

    every = (await browser.get(place)).text
    failed = (await browser.get(place, params={"failed": "1"})).text
    older = (await browser.get(place, params=link(every, 'rel="next"'))).text
    wrong = await browser.get(place, params={"after": "nowhere"})

    assert every.count('<tr role="row">') == 51
    assert "account_not_found" in failed
    assert refused.headers["x-request-id"] in failed
    assert failed.count('<tr role="row">') == 2
    assert older.count('<tr role="row">') > 10
    assert "GET /accounts" in older
    assert wrong.status_code == 422


async def test_a_row_says_what_the_provider_answered_if_the_run_ended_otherwise(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    account = await hub.link()
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    await hub.run(account, "iterable_list_channels")
    await hub.hub.write_buffer.flush()

    text = await shown(browser)

    assert "provider_unauthorized, the provider answered 401" in text
