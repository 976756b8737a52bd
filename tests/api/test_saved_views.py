"""Saved views: filters under a name, in the side bar of their page and in the palette."""

import re

import httpx2
import pytest

from jackfield.projects import service as projects
from jackfield.projects.saved_views.models import MOST_VIEWS, ViewPage
from jackfield.projects.saved_views.repo import SavedViews
from tests.support.actor import TESTER
from tests.support.browsing import signed_in
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    return await signed_in(hub)


async def save(browser: httpx2.AsyncClient, page: str, name: str, query: str) -> httpx2.Response:
    return await browser.post("/dashboard/views", data={"page": page, "name": name, "query": query})


def side_bar(text: str) -> list[tuple[str, str]]:
    found = re.search(r'aria-label="Saved views">(.*?)</ul>', text, re.DOTALL)
    return re.findall(r'href="([^"]+)"[^>]*><bdi>([^<]+)', found[1]) if found else []


async def test_a_saved_view_is_in_the_side_bar_of_its_page_and_can_be_deleted(
    browser: httpx2.AsyncClient,
) -> None:
    saved = await save(browser, "accounts", "Broken", "status=error&unused=30")
    await save(browser, "logs", "Refused", "q=status%3A4xx")

    accounts = (await browser.get(saved.headers["location"])).text
    logs = (await browser.get("/dashboard/logs?q=status:4xx")).text
    plain = (await browser.get("/dashboard")).text

    assert saved.headers["location"] == "/dashboard?status=error&unused=30"
    assert side_bar(accounts) == [("/dashboard?status=error&amp;unused=30", "Broken")]
    assert side_bar(logs) == [("/dashboard/logs?q=status%3A4xx", "Refused")]
    assert "Delete view" in accounts
    assert "Delete view" in logs
    assert "Delete view" not in plain
    place = re.search(r"/dashboard/views/svw_\w+/delete", accounts)
    assert place is not None
    assert (await browser.post(place[0])).status_code == 303
    assert side_bar((await browser.get("/dashboard")).text) == []
    assert (await browser.post(place[0])).status_code == 404


async def test_a_view_of_the_same_name_has_the_new_filters(browser: httpx2.AsyncClient) -> None:
    await save(browser, "accounts", "Mine", "status=error")
    await save(browser, "accounts", "Mine", "status=active")
    unknown = await save(browser, "elsewhere", "Mine", "")

    assert side_bar((await browser.get("/dashboard")).text) == [
        ("/dashboard?status=active", "Mine")
    ]
    assert unknown.status_code == 404


async def test_a_page_has_so_many_views_and_another_project_has_its_own(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        for number in range(MOST_VIEWS):
            await SavedViews(tx).save(ViewPage.ACCOUNTS, f"View {number}", "status=error")

    one_more = await save(browser, "accounts", "One more", "status=error")

    assert one_more.status_code == 409
    other = await projects.ensure_project(hub.hub, TESTER, "other")
    async with hub.hub.db.read(other.id) as tx:
        assert await SavedViews(tx).of(ViewPage.ACCOUNTS) == []


async def test_the_palette_finds_accounts_views_connectors_actions_runs_and_issues(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    account = await hub.link(origin_owner_name="Wolkenkratzer")
    await save(browser, "accounts", "Wolken", "status=error")

    async def found(text: str) -> str:
        return (await browser.get("/dashboard/find", params={"q": text})).text

    assert f"/dashboard/accounts/{account}" in await found("wolkenkr")
    assert f"/dashboard/accounts/{account}" in await found(account)
    assert "/dashboard?status=error" in await found("wolk")
    assert "/dashboard/connectors/iterable" in await found("iterable")
    assert "action%3Aiterable_list_lists" in await found("iterable_list_lists")
    assert "data-found" not in await found("")
    assert "Run" not in await found("run_nothing")
    assert (await browser.get("/dashboard/find?q=iss_nothing")).status_code == 200
