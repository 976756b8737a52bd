"""Links that the project's own software confirms, so that a forwarded one links nothing."""

import html
import json
import re
from typing import Any

import httpx2
import pytest

from tests.api.test_hub_page import action_of
from tests.support.clock import FrozenClock
from tests.support.oakdale import Browser
from tests.support.portal import open_portal
from tests.support.running import Running
from tests.support.shredding import opens, shredding_keys

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def confirming(hub: Running) -> Running:
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    return hub


async def leave(hub: Running, **wanted: object) -> str:
    """Fill in a form, and return the id of what waits then."""
    session = await hub.session(**wanted)
    answer = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    assert answer.json()["status"] == "pending", answer.text
    return answer.json()["id"]


async def decide(hub: Running, link_id: str, verb: str) -> httpx2.Response:
    return await hub.api.post(f"/jackfield/pending_links/{link_id}/{verb}")


async def test_nothing_is_linked_until_it_is_confirmed(confirming: Running) -> None:
    hub = confirming
    link_id = await leave(hub, origin_username="ada", metadata={"ticket": 7})
    before = (await hub.api.get("/accounts")).json()
    (waiting,) = (await hub.api.get("/jackfield/pending_links")).json()["data"]

    confirmed = await decide(hub, link_id, "confirm")

    (account,) = (await hub.api.get("/accounts")).json()
    assert before == []
    assert (waiting["id"], waiting["status"]) == (link_id, "pending")
    assert (waiting["origin_owner_id"], waiting["origin_username"]) == ("acme", "ada")
    assert (waiting["metadata"], waiting["setup_information"]) == ({"ticket": 7}, {"region": "us"})
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")
    assert confirmed.json()["account_id"] == account["id"]
    assert (await hub.run(account["id"], "iterable_list_channels")).status_code == 200


async def test_what_is_refused_is_deleted_with_its_credentials(confirming: Running) -> None:
    hub = confirming
    link_id = await leave(hub)

    refused = await decide(hub, link_id, "refuse")

    sealed = await hub.hub.db.unscoped("select * from credentials")
    assert (refused.status_code, refused.json()["status"]) == (200, "refused")
    assert (await hub.api.get("/accounts")).json() == []
    assert list(sealed) == []


async def test_once_a_link_is_decided_no_copy_of_what_waited_opens(confirming: Running) -> None:
    hub = confirming
    for verb in ("confirm", "refuse"):
        link_id = await leave(hub)
        copied = await hub.hub.db.unscoped(
            "select * from credentials where owner_id like :waiting", waiting=f"%{link_id}"
        )
        known = await shredding_keys(hub)
        answer = await decide(hub, link_id, verb)
        if account_id := answer.json()["account_id"]:
            await hub.api.delete(f"/accounts/{account_id}")
        left = await shredding_keys(hub)

        assert len(copied) > 1
        assert all(opens(hub.hub.vault, row, known[link_id]) for row in copied)
        assert not any(opens(hub.hub.vault, row, key) for row in copied for key in left.values())


@pytest.mark.parametrize(
    ("language", "name", "heading"),
    [
        ("en", None, "The product did not confirm"),
        ("de", None, "Das Produkt hat nicht bestätigt"),
        ("en", "iPlanner", "iPlanner did not confirm"),
    ],
)
async def test_the_page_of_a_refused_link_names_who_refused(
    confirming: Running, language: str, name: str | None, heading: str
) -> None:
    hub = confirming
    await hub.api.patch("/jackfield/project", json={"branding": {"display_name": name}})
    session = await hub.session()
    link = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    await decide(hub, link.json()["id"], "refuse")

    page = await hub.api.get(session["auth_link_url"], headers={"accept-language": language})

    assert f">{heading}</h1>" in page.text


@pytest.mark.parametrize("first", ["confirm", "refuse"])
@pytest.mark.parametrize("second", ["confirm", "refuse"])
async def test_what_was_decided_stays_so(confirming: Running, first: str, second: str) -> None:
    hub = confirming
    link_id = await leave(hub)
    await decide(hub, link_id, first)

    again = await decide(hub, link_id, second)

    assert (again.status_code, again.json()["code"]) == (409, "pending_link_decided")


async def test_what_nobody_confirms_is_deleted_after_three_days(
    confirming: Running, clock: FrozenClock
) -> None:
    hub = confirming
    link_id = await leave(hub)
    clock.advance(days=3, seconds=1)

    late = await decide(hub, link_id, "confirm")

    assert (late.status_code, late.json()["code"]) == (410, "pending_link_expired")
    assert (await hub.api.get("/accounts")).json() == []


async def test_a_session_that_left_a_link_opens_nothing_more(confirming: Running) -> None:
    hub = confirming
    session = await hub.session()
    await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    again = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    shown = (await hub.api.get(f"/jackfield/connect_sessions/{session['id']}")).json()
    assert again.json()["code"] == "connect_session_used"
    assert shown["pending_link_id"].startswith("pln_")


async def test_changed_credentials_wait_and_the_old_ones_work_on(hub: Running) -> None:
    account_id = await hub.link()
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    session = await hub.session(account_id=account_id)
    answer = await hub.api.patch(
        f"/hub/accounts/{account_id}",
        headers={"x-hub-session-token": session["token"]},
        json={"credentials": {"api_key": hub.sandbox.us.api_keys["read_only"]}},
    )
    waiting = await hub.run(account_id, "iterable_list_channels")

    confirmed = await decide(hub, answer.json()["id"], "confirm")

    assert waiting.status_code == 200
    assert confirmed.json()["account_id"] == account_id
    assert len((await hub.api.get("/accounts")).json()) == 1


@pytest.mark.parametrize("when", ["before", "while it waits"])
async def test_a_confirmed_link_does_not_end_the_suspension_of_its_account(
    hub: Running, when: str
) -> None:
    account_id = await hub.link()
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    if when == "before":
        await hub.api.post(f"/jackfield/accounts/{account_id}/suspend")
    link_id = await leave(hub)
    if when == "while it waits":
        await hub.api.post(f"/jackfield/accounts/{account_id}/suspend")

    confirmed = await decide(hub, link_id, "confirm")

    assert confirmed.json()["account_id"] == account_id
    assert (await hub.api.get(f"/accounts/{account_id}")).json()["status"] == "suspended"
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 412


async def test_another_project_sees_and_decides_nothing(confirming: Running) -> None:
    hub = confirming
    link_id = await leave(hub)
    theirs = (await hub.key(project="other"), "")

    listed = await hub.api.get("/jackfield/pending_links?all=true", auth=theirs)
    answers = [
        await hub.api.get(f"/jackfield/pending_links/{link_id}", auth=theirs),
        await hub.api.post(f"/jackfield/pending_links/{link_id}/confirm", auth=theirs),
        await hub.api.post(f"/jackfield/pending_links/{link_id}/refuse", auth=theirs),
    ]

    assert listed.json()["data"] == []
    assert {(each.status_code, each.json()["code"]) for each in answers} == {
        (404, "pending_link_not_found")
    }


async def test_the_list_holds_what_waits_and_on_request_the_rest(
    confirming: Running, clock: FrozenClock
) -> None:
    hub = confirming
    first = await leave(hub)
    clock.advance(seconds=1)
    second = await leave(hub)
    await decide(hub, first, "refuse")

    waiting = (await hub.api.get("/jackfield/pending_links")).json()
    page = (await hub.api.get("/jackfield/pending_links?all=true&page_size=1")).json()
    rest = (
        await hub.api.get(f"/jackfield/pending_links?all=true&page_size=1&next={page['next']}")
    ).json()

    assert [each["id"] for each in waiting["data"]] == [second]
    assert [each["id"] for each in (*page["data"], *rest["data"])] == [second, first]


async def test_the_project_is_told_of_a_swap(confirming: Running) -> None:
    hub = confirming
    account_id = await hub.link()
    confirmed = await decide(hub, account_id, "confirm")
    linked = confirmed.json()["account_id"]
    session = await hub.session(account_id=linked)
    held = await hub.api.patch(
        f"/hub/accounts/{linked}",
        headers={"x-hub-session-token": session["token"]},
        json={
            "credentials": {"api_key": hub.eu_key, "region": "eu"},
            "confirm_identity_change": True,
        },
    )

    shown = (await hub.api.get(f"/jackfield/pending_links/{held.json()['id']}")).json()
    await decide(hub, held.json()["id"], "confirm")
    told = await hub.hub.db.unscoped("select type, body from events order by id")

    assert (confirmed.json()["identity_changed"], shown["identity_changed"]) == (False, True)
    events = {(row["type"], json.loads(row["body"]).get("identity_changed")) for row in told}
    assert {("pending_link.created", True), ("account.updated", True)} <= events


async def test_a_switch_of_profile_and_actions_waits_and_says_so(confirming: Running) -> None:
    hub = confirming
    account = await confirmed_account(hub)
    made = await hub.api.post(
        "/connector_profiles", json={"connector_key": "iterable", "name": "Second"}
    )
    profile = made.json()["id"]

    link_id = await leave(
        hub, connector_profile_id=profile, actions=["iterable_list_channels"], metadata={"n": 1}
    )
    before = (await hub.api.get(f"/accounts/{account}")).json()
    waiting = (await hub.api.get(f"/jackfield/pending_links/{link_id}")).json()
    await decide(hub, link_id, "confirm")

    after = (await hub.api.get(f"/accounts/{account}")).json()
    refused = await hub.run(account, "iterable_list_campaigns")
    assert (waiting["account_id"], waiting["connector_profile_id"]) == (account, profile)
    assert waiting["changes"] == ["credentials", "profile", "actions"]
    assert before["connector_profile_id"] != profile == after["connector_profile_id"]
    assert refused.status_code == 403
    told = await told_changes(hub)
    assert len(told) == 2
    assert ["credentials", "profile", "actions"] in told


async def test_what_a_customer_changes_on_their_own_page_waits_too(confirming: Running) -> None:
    hub = confirming
    account = await confirmed_account(hub)
    portal = await open_portal(hub)
    other = {"api_key": hub.eu_key, "region": "eu", "_confirm_identity": "1"}
    guest = Browser.of(hub).client
    again = (await portal.post(f"/accounts/{account}/reconnect")).headers["location"]
    another = (await guest.get((await portal.post("/link")).headers["location"])).text
    tile = re.findall('href="([^"]+connector=[^"]+)"[^>]*>\\s*<img[^>]+iterable', another)[0]
    for address in (again, html.unescape(tile)):
        await guest.post(action_of((await guest.get(address)).text), data=other)

    waiting = (await hub.api.get("/jackfield/pending_links")).json()["data"]
    assert {each["account_id"]: each["changes"] for each in waiting} == {
        None: [],
        account: ["credentials", "identity"],
    }
    (left,) = (await hub.api.get("/accounts")).json()
    assert left["setup_information"] == {"region": "us"}


async def test_the_projects_own_software_waits_for_nobody_and_all_are_told_what_it_changed(
    confirming: Running,
) -> None:
    hub = confirming
    account = await confirmed_account(hub)
    made = await hub.api.post(
        "/connector_profiles", json={"connector_key": "iterable", "name": "Second"}
    )
    key = {"api_key": hub.eu_key, "region": "eu"}

    swapped = await hub.api.patch(
        f"/accounts/{account}", json={"credentials": key, "confirm_identity_change": True}
    )
    moved = await hub.api.patch(
        f"/accounts/{account}", json={"connector_profile_id": made.json()["id"]}
    )

    records = (await hub.api.get("/jackfield/audit?query=target:" + account)).json()["data"]
    assert (swapped.status_code, moved.status_code) == (200, 200)
    assert (await hub.api.get("/jackfield/pending_links")).json()["data"] == []
    told = [each for each in await told_changes(hub) if each]
    assert sorted(told) == [["credentials", "identity"], ["profile"]]
    assert ["credentials", "identity"] in [
        (each["details"] or {}).get("changes") for each in records
    ]


async def confirmed_account(hub: Running) -> str:
    return (await decide(hub, await leave(hub), "confirm")).json()["account_id"]


async def told_changes(hub: Running) -> list[Any]:
    """Return what the events of accounts say of changes."""
    rows = await hub.hub.db.unscoped(
        "select body from events where type in ('account.created', 'account.updated')"
    )
    return [json.loads(row["body"]).get("changes") for row in rows]
