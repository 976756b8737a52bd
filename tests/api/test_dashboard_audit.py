"""`/dashboard/audit`: who did what, for an operator in a browser."""

import json
import re

import httpx2
import pytest

from jackfield.worker import audit as upkeep
from tests.support.browsing import signed_in
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    return await signed_in(hub)


async def test_the_newest_records_are_listed_with_who_did_what(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await hub.link()

    page = (await browser.get("/dashboard/audit")).text

    titles = re.findall(r'<a href="/dashboard/audit/\d+">([^<]+)</a>', page)
    assert titles[:2] == ["Account linked", "Connect session opened"]
    assert "connect session" in page


async def test_filters_stand_in_the_address_and_can_be_taken_out(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await hub.link()

    moved = await browser.get("/dashboard/audit", params={"q": "kind:account", "add": "since:1h"})
    page = (await browser.get(moved.headers["location"])).text

    assert moved.headers["location"].endswith("/dashboard/audit?q=kind%3Aaccount+since%3A1h")
    assert re.findall(r'<a href="/dashboard/audit/\d+[^"]*">([^<]+)</a>', page) == [
        "Account linked"
    ]
    assert 'aria-label="Remove kind account"' in page


async def test_a_filter_that_is_not_understood_says_why(browser: httpx2.AsyncClient) -> None:
    response = await browser.get("/dashboard/audit", params={"q": "color:red"})

    assert response.status_code == 422
    assert "there is no word" in response.text
    assert 'aria-invalid="true"' in response.text


async def test_a_record_has_what_changed_before_and_after(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await hub.api.patch("/jackfield/project", json={"branding": {"display_name": "<b>Acme</b>"}})
    seq = (await hub.api.get("/jackfield/audit")).json()["data"][0]["seq"]

    page = (await browser.get(f"/dashboard/audit/{seq}")).text

    assert "Settings changed" in page
    assert "&lt;b&gt;Acme&lt;/b&gt;" in page
    assert "Display name" in page
    for missing in ("99999", "9" * 30):
        assert (await browser.get(f"/dashboard/audit/{missing}")).status_code == 404


async def test_verifying_says_that_all_is_well_or_names_what_is_not(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await upkeep.seal_due(hub.hub)
    sound = (await browser.get("/dashboard/audit?verify=1")).text
    await hub.hub.db.unscoped(
        "update audit_records set body = replace(body, 'key', 'kex') where seq = 3"
    )
    broken = (await browser.get("/dashboard/audit?verify=1")).text

    assert "are as they were written" in sound
    assert "up to record" in sound
    assert "Record 3 is not as it was written" in broken


async def test_files_of_the_page_are_those_of_its_query(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await hub.link()

    lines = await browser.get(
        "/dashboard/audit/export", params={"q": "kind:account", "format": "ndjson"}
    )
    table = await browser.get("/dashboard/audit/export", params={"format": "csv"})
    chain = await browser.get("/dashboard/audit/export", params={"format": "chain"})
    assert {each.headers["cache-control"] for each in (table, chain)} == {"no-store"}

    assert [json.loads(each)["kind"] for each in lines.text.splitlines()] == ["account.linked"]
    assert table.headers["content-disposition"].endswith('jackfield-audit.csv"')
    assert chain.text.startswith('{"signature":')


async def test_only_a_signed_in_browser_sees_it(hub: Running) -> None:
    for path in ("", "/1", "/export"):
        assert (await hub.api.get(f"/dashboard/audit{path}")).status_code == 401
