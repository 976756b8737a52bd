"""`/dashboard/keys`: API keys are made, disabled and revoked by an operator in a browser."""

import re
from typing import Any

import httpx2
import pytest

from jackfield.projects import service as projects
from jackfield.projects.models import Scope
from tests.api.test_dashboard import sign_in
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.narrowed import mint
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

MADE = re.compile(r'id="made" readonly value="(jf_sk_[^"]+)"')
NEW = {"name": "crm-worker", "scope": "accounts:read"}


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    hub.api.auth = None
    await sign_in(hub)
    return hub.api


async def make(browser: httpx2.AsyncClient, **fields: Any) -> str:
    response = await browser.post("/dashboard/keys", data={**NEW, **fields})
    found = MADE.search(response.text)
    assert found is not None, response.text
    return found[1]


async def status(hub: Running, key: str, path: str = "/accounts") -> int:
    return (await hub.api.get(path, headers={"authorization": f"Bearer {key}"})).status_code


async def id_of(hub: Running, name: str = "crm-worker") -> str:
    page = (await hub.api.get("/dashboard/keys")).text
    found = re.search(rf"<bdi>{name}</bdi>.*?<small class=\"mono\">(\w+)</small>", page, re.DOTALL)
    assert found is not None
    return found[1]


async def test_a_key_is_shown_once_and_may_do_what_was_chosen(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    key = await make(browser)

    listed = await browser.get("/dashboard/keys")

    assert await status(hub, key) == 200
    assert await status(hub, key, "/actions") == 403
    assert key not in listed.text
    assert "by <bdi>an operator on the dashboard</bdi>" in listed.text


async def test_a_key_says_when_it_was_last_used_by_what_and_from_where(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    key = await make(browser)
    used = {"authorization": f"Bearer {key}", "user-agent": "crm/7"}
    await hub.api.get("/accounts", headers=used)
    await hub.hub.write_buffer.flush()

    listed = (await browser.get("/dashboard/keys")).text

    assert "<bdi>crm/7</bdi>" in listed
    assert "from 127.0.0.1" in listed


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scope": ""}, "may do"),
        ({"scope": "everything"}, "may do"),
        ({"lifetime": "1"}, "expires"),
    ],
)
async def test_a_form_that_cannot_be_used_says_what_is_wrong_and_makes_nothing(
    browser: httpx2.AsyncClient, fields: dict[str, str], problem: str
) -> None:
    response = await browser.post("/dashboard/keys", data={**NEW, **fields})

    assert response.status_code == 422
    assert problem in re.search(r'role="alert">(.*?)</div>', response.text, re.DOTALL)[1]  # type: ignore[index]
    assert "crm-worker</bdi>" not in (await browser.get("/dashboard/keys")).text


async def test_a_disabled_key_is_refused_until_it_is_enabled_again(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    key, place = await make(browser), f"/dashboard/keys/{await id_of(hub)}"

    await browser.post(f"{place}/disable")
    disabled = await status(hub, key)
    page = (await browser.get("/dashboard/keys")).text
    await browser.post(f"{place}/enable")
    enabled = await status(hub, key)

    assert (disabled, enabled) == (401, 200)
    assert "Disabled</span>" in page
    assert "Revoke for good" in page


async def test_a_revoked_key_is_gone_and_cannot_be_enabled(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    key, place = await make(browser), f"/dashboard/keys/{await id_of(hub)}"
    await browser.post(f"{place}/disable")
    await browser.post(f"{place}/revoke")

    again = await browser.post(f"{place}/enable")

    assert again.status_code == 404
    assert await status(hub, key) == 401
    assert "crm-worker</bdi>" not in (await browser.get("/dashboard/keys")).text


async def test_a_key_expires_and_its_holder_is_told_so(
    hub: Running, browser: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    key = await make(browser, lifetime="30")
    fresh = await status(hub, key)
    clock.advance(days=30)

    late = await browser.get("/accounts", headers={"authorization": f"Bearer {key}"})

    assert fresh == 200
    assert late.status_code == 401
    assert late.json()["code"] == "unauthenticated"
    assert "this API key has expired, on " in late.json()["message"]


async def test_the_last_use_of_a_key_is_shown_with_its_client(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    key = await make(browser)
    before = (await browser.get("/dashboard/keys")).text
    headers = {"authorization": f"Bearer {key}", "user-agent": "crm/1.4"}
    for _ in range(2):
        await browser.get("/accounts", headers=headers)
    await hub.hub.write_buffer.flush()

    after = (await browser.get("/dashboard/keys")).text

    assert "crm/1.4" not in before
    assert after.count("crm/1.4") == 1


async def test_a_key_of_another_project_is_neither_listed_nor_changed(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    async with hub.hub.db.write(theirs.id, TESTER) as tx:
        issued = await projects.issue_key(
            tx, name="their-key", scopes=frozenset({Scope.ACCOUNTS_READ})
        )

    answers = [
        (await browser.post(f"/dashboard/keys/{issued.id}/{verb}")).status_code
        for verb in ("disable", "enable", "revoke")
    ]

    assert answers == [404, 404, 404]
    assert await status(hub, issued.token.reveal()) == 200
    assert "their-key" not in (await browser.get("/dashboard/keys")).text


async def test_narrowed_keys_stand_below_the_key_they_come_from_with_what_is_left(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    made = await mint(hub, name="agent", origin_owner_id="acme", effects=["read"], calls=7)

    page = (await browser.get("/dashboard/keys")).text
    row = page[page.index(made["id"]) :].partition("</tr>")[0]

    assert f'comes from <span class="mono">{made["parent_id"]}</span>' in row
    assert re.findall(r'<span class="tag">([^<]+)</span>', row) == [
        "customer acme",
        "read",
        "7 of 7 calls left",
    ]
