"""Links that open a customer's own page: made, listed, opened once and taken back."""

import asyncio
from typing import Any

import httpx2
import pytest

from jackfield.portal import service as portals
from jackfield.portal.models import PortalLinkUsed, PortalToken
from jackfield.projects.models import Scope
from jackfield.worker.pruning import prune
from tests.support.clock import FrozenClock
from tests.support.portal import make_portal
from tests.support.running import OWNER, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

PATH = "/jackfield/portal_sessions"


async def state(hub: Running, session_id: str) -> str:
    return (await hub.api.get(f"{PATH}/{session_id}")).json()["status"]


async def test_a_link_says_for_whom_it_is_what_it_allows_and_until_when(
    hub: Running,
) -> None:
    made = await make_portal(hub, allow=["pause"], expires_in=60, open_seconds=600, locale="de")

    shown = (await hub.api.get(f"{PATH}/{made['id']}")).json()

    assert made["url"] == f"https://hub.test/portal/open?token={made['token']}"
    assert made["token"].startswith("jf_pt_")
    assert (shown["allow"], shown["locale"], shown["status"]) == (
        ["read", "pause"],
        "de",
        "unopened",
    )
    assert shown["created_by"].startswith("api_key:")
    assert made["token"] not in str(shown)


async def test_a_link_opens_once_however_many_browsers_ask_at_once(hub: Running) -> None:
    token = PortalToken((await make_portal(hub))["token"])

    tried = await asyncio.gather(
        *(portals.open_link(hub.hub, token) for _ in range(5)), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in tried) == [*["PortalLinkUsed"] * 4, "tuple"]
    with pytest.raises(PortalLinkUsed):
        await portals.require_link(hub.hub, token)


async def test_what_is_out_there_is_listed_until_it_ends(hub: Running, clock: FrozenClock) -> None:
    short = await make_portal(hub, expires_in=60)
    opened, other = await make_portal(hub), await make_portal(hub, origin_owner_id="globex")
    await portals.open_link(hub.hub, PortalToken(opened["token"]))

    every = (await hub.api.get(PATH)).json()["data"]
    theirs = (await hub.api.get(f"{PATH}?origin_owner_id=globex")).json()["data"]
    clock.advance(seconds=61)
    later = (await hub.api.get(f"{PATH}?page_size=1")).json()
    rest = (await hub.api.get(f"{PATH}?page_size=1&next={later['next']}")).json()

    assert {each["id"] for each in every} == {short["id"], opened["id"], other["id"]}
    assert [each["id"] for each in theirs] == [other["id"]]
    assert {later["data"][0]["id"], rest["data"][0]["id"]} == {opened["id"], other["id"]}
    assert (await state(hub, short["id"]), await state(hub, opened["id"])) == ("expired", "open")


async def test_a_session_that_is_revoked_opens_nothing(hub: Running) -> None:
    made = await make_portal(hub)

    revoked = await hub.api.delete(f"{PATH}/{made['id']}")

    page = await hub.api.get(f"/portal/open?token={made['token']}", auth=None)
    assert revoked.json()["status"] == "revoked"
    assert page.status_code == 410
    assert "was withdrawn" in page.text


async def test_another_project_sees_and_revokes_none(hub: Running) -> None:
    made = await make_portal(hub)
    theirs = (await hub.key(project="other"), "")

    answers = [
        await hub.api.request(method, f"{PATH}/{each}", auth=theirs)
        for method in ("GET", "DELETE")
        for each in (made["id"], "por_none", "x")
    ]

    assert {(each.status_code, each.json()["code"]) for each in answers} == {
        (404, "portal_session_not_found")
    }
    assert (await hub.api.get(PATH, auth=theirs)).json()["data"] == []
    assert await state(hub, made["id"]) == "unopened"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"expires_in": 7 * 86_400 + 1}, "expires_in"),
        ({"open_seconds": 12 * 3600 + 1}, "open_seconds"),
        ({"allow": ["administer"]}, "allow"),
        ({"locale": "xx"}, "locale"),
        ({"theme": "blue"}, "theme"),
        ({"allowed_origins": ["https://evil.test"]}, "allowed_origins"),
        ({"allowed_origins": ["https://*.acme.test"]}, "allowed_origins"),
        ({"origin_owner_id": ""}, "origin_owner_id"),
    ],
)
async def test_terms_that_cannot_be_kept_are_refused_by_name(
    hub: Running, wanted: dict[str, Any], path: str
) -> None:
    refused = await hub.api.post(PATH, json={**OWNER, **wanted})

    assert refused.status_code == 422
    assert refused.json()["faults"][0]["path"].startswith(path)


async def test_a_key_needs_the_right_to_make_links(hub: Running) -> None:
    weak = (await hub.key(scopes=frozenset({Scope.ACCOUNTS_WRITE})), "")

    answers: list[httpx2.Response] = [
        await hub.api.post(PATH, json=OWNER, auth=weak),
        await hub.api.get(PATH, auth=weak),
    ]

    assert [each.json()["code"] for each in answers] == ["missing_scope"] * 2


async def test_sessions_that_ended_long_ago_are_forgotten(hub: Running, clock: FrozenClock) -> None:
    made = await make_portal(hub)
    clock.advance(days=40)

    await prune(hub.hub)

    assert (await hub.api.get(f"{PATH}/{made['id']}")).status_code == 404
