"""What a portal does not give away, and to whom it does nothing."""

from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.portal import HERE, OpenPortal, make_portal, open_portal, press
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

APP = "https://app.acme.test"
VERBS = ("pause", "resume", "reconnect", "remove")


async def asked_for(portal: OpenPortal, account_id: str) -> list[httpx2.Response]:
    return [
        await portal.get(f"/accounts/{account_id}"),
        *[await portal.post(f"/accounts/{account_id}/{verb}") for verb in VERBS],
    ]


async def test_a_used_link_opens_nothing_for_who_it_was_forwarded_to(hub: Running) -> None:
    portal = await open_portal(hub)

    shown = await hub.api.get(f"/portal/open?token={portal.session['token']}", auth=None)
    pressed = await press(hub, portal.session["token"])

    assert (shown.status_code, pressed.status_code) == (410, 410)
    assert "set-cookie" not in pressed.headers
    assert "This link has been used" in pressed.text
    assert (await portal.get()).status_code == 200


async def test_an_expired_link_opens_nothing(hub: Running, clock: FrozenClock) -> None:
    made = await make_portal(hub, expires_in=60)
    clock.advance(seconds=60)

    pressed = await press(hub, made["token"])

    assert pressed.status_code == 410
    assert "set-cookie" not in pressed.headers


async def test_the_address_of_an_open_page_is_nothing_without_its_browser(hub: Running) -> None:
    portal, other = await open_portal(hub), await open_portal(hub)

    answers = [
        await hub.api.get(portal.path, auth=None),
        await hub.api.get(portal.path, auth=None, headers={"cookie": other.cookie}),
        await hub.api.get(portal.path),
        await hub.api.get(
            portal.path, auth=None, headers={"cookie": f"jackfield_portal={other.session['token']}"}
        ),
    ]

    assert [each.status_code for each in answers] == [404] * 4


async def test_accounts_of_other_customers_and_projects_are_not_there(hub: Running) -> None:
    theirs = await hub.link(origin_owner_id="globex", origin_owner_name="Globex")
    other_project = (await hub.key(project="other"), "")
    profile = {"connector_key": "iterable", "authentication_config_key": "api_key", "default": True}
    await hub.api.post("/connector_profiles", json=profile, auth=other_project)
    session = await hub.api.post(
        "/connect_sessions",
        json={"origin_owner_id": "acme", "origin_owner_name": "Acme Inc."},
        auth=other_project,
    )
    elsewhere = await hub.submit(session.json()["token"], {"api_key": hub.us_key, "region": "us"})
    assert elsewhere.status_code == 201
    portal = await open_portal(hub)

    answers = [
        each
        for account_id in (theirs, elsewhere.json()["id"])
        for each in await asked_for(portal, account_id)
    ]

    assert {each.status_code for each in answers} == {404}
    assert "Globex" not in (await portal.get()).text
    assert (await hub.api.get(f"/accounts/{theirs}")).json()["status"] == "active"


async def test_runs_of_another_customer_are_not_shown_where_an_account_changed_hands(
    hub: Running,
) -> None:
    account = await hub.link(origin_owner_id="globex", origin_owner_name="Globex")
    await hub.run(account, "iterable_list_channels")
    await hub.hub.write_buffer.flush()
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await tx.run("update accounts set origin_owner_id = 'acme' where project_id = :project_id")
        await tx.touch()

    page = (await (await open_portal(hub)).get(f"/accounts/{account}")).text

    assert "Nothing ran lately" in page


async def test_no_id_whatever_reaches_what_is_not_the_customers(hub: Running) -> None:
    mine = await hub.link()
    theirs = await hub.link(origin_owner_id="globex", origin_owner_name="Globex")
    portal = await open_portal(hub)
    tried: list[Any] = []

    @settings(
        max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
    )
    @given(
        st.one_of(
            st.just(theirs),
            st.sampled_from([theirs.lower(), f"{theirs}\0", f"{theirs}' or 1=1 --", f"{mine} "]),
            st.from_regex(r"acc_[0-9A-HJKMNP-TV-Z]{26}", fullmatch=True),
            st.text(min_size=1),
        ).filter(lambda each: each not in (mine, ".", ".."))
    )
    def remember(account_id: str) -> None:
        tried.append(account_id)

    remember()
    for account_id in tried:
        path = f"/accounts/{quote(account_id, safe='')}"
        shown, removed = await portal.get(path), await portal.post(f"{path}/remove")
        assert {shown.status_code, removed.status_code} <= {404, 405, 422}, account_id

    left = {each["id"] for each in (await hub.api.get("/accounts")).json()}
    assert left == {mine, theirs}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", **HERE},
        {"sec-fetch-site": "same-site", **HERE},
        {"x-hub-frame": "pfr_none"},
    ],
)
async def test_a_form_of_another_site_changes_nothing(
    hub: Running, headers: dict[str, str]
) -> None:
    account = await hub.link()
    portal = await open_portal(hub)
    fresh = await make_portal(hub)

    forged = await portal.post(f"/accounts/{account}/pause", headers=headers)
    opened = await hub.api.post(
        "/portal/open", data={"token": fresh["token"]}, headers=headers, auth=None
    )

    assert forged.status_code == 403
    assert "set-cookie" not in opened.headers
    assert (await hub.api.get(f"/accounts/{account}")).json()["status"] == "active"


async def test_a_suspension_by_the_project_is_not_lifted_by_the_customer(hub: Running) -> None:
    account = await hub.link()
    portal = await open_portal(hub)
    await hub.api.post(f"/jackfield/accounts/{account}/suspend")

    forged = await portal.post(f"/accounts/{account}/resume")

    page = (await portal.get(f"/accounts/{account}")).text
    assert forged.status_code == 409
    assert "alone can resume it" in forged.text
    assert "/resume" not in page
    assert (await hub.api.get(f"/accounts/{account}")).json()["status"] == "suspended"


async def test_an_account_that_was_suspended_for_good_stays_so(hub: Running) -> None:
    account = await hub.link()
    portal = await open_portal(hub)
    await hub.api.post(f"/jackfield/accounts/{account}/suspend?revoke=true")

    answers = [await portal.post(f"/accounts/{account}/{verb}") for verb in ("pause", "resume")]

    assert [each.status_code for each in answers] == [412, 409]
    assert "credentials were deleted" in (await portal.get(f"/accounts/{account}")).text


async def test_what_was_opened_ends_with_its_revocation(hub: Running) -> None:
    account = await hub.link()
    portal = await open_portal(hub)

    await hub.api.delete(f"/jackfield/portal_sessions/{portal.session['id']}")

    answers = [await portal.get(), await portal.post(f"/accounts/{account}/pause")]
    assert [each.status_code for each in answers] == [410, 410]
    assert (await hub.api.get(f"/accounts/{account}")).json()["status"] == "active"


async def frame_of(hub: Running, token: str, origin: str | None = APP) -> httpx2.Response:
    headers = {"x-hub-session-token": token} | ({"origin": origin} if origin else {})
    return await hub.api.post("/hub/portal_frames", headers=headers, auth=None)


async def opened_in(hub: Running, token: str, frame_id: str, origin: str) -> httpx2.Response:
    return await hub.api.post(
        f"/hub/portal_frames/{frame_id}/open",
        headers={"x-hub-session-token": token, "origin": origin},
        auth=None,
    )


async def test_a_frame_opens_the_page_once_for_an_allowed_product_alone(hub: Running) -> None:
    await hub.api.patch("/jackfield/project", json={"allowed_origins": [APP]})
    made = await make_portal(hub)
    strange = [await frame_of(hub, made["token"], each) for each in ("https://evil.test", None)]
    frame = (await frame_of(hub, made["token"])).json()

    shown = await hub.api.get(frame["url"].removeprefix("https://hub.test"), auth=None)
    by_product = await opened_in(hub, made["token"], frame["id"], APP)
    opened = await opened_in(hub, made["token"], frame["id"], "https://hub.test")
    again = await opened_in(hub, made["token"], frame["id"], "https://hub.test")

    headers = {"x-portal-key": opened.json()["key"], "x-hub-frame": frame["id"]}
    page = await hub.api.get(f"/portal/{made['id']}", headers=headers, auth=None)
    assert [each.json()["code"] for each in strange] == ["origin_not_allowed"] * 2
    policy = shown.headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors https://hub.test {APP}")
    assert made["token"] not in shown.text
    assert by_product.json()["code"] == "origin_not_allowed"
    assert again.json()["code"] == "portal_link_used"
    assert page.status_code == 200


async def test_a_key_of_a_frame_works_in_that_frame_while_its_product_is_allowed(
    hub: Running,
) -> None:
    await hub.api.patch("/jackfield/project", json={"allowed_origins": [APP]})
    mine, theirs = await make_portal(hub), await make_portal(hub, origin_owner_id="globex")
    frame, other = [(await frame_of(hub, each["token"])).json() for each in (mine, theirs)]
    key = (await opened_in(hub, mine["token"], frame["id"], "https://hub.test")).json()["key"]

    async def show(path: str, frame_id: str) -> int:
        headers = {"x-portal-key": key, "x-hub-frame": frame_id}
        return (await hub.api.get(path, headers=headers, auth=None)).status_code

    before = await show(f"/portal/{mine['id']}", frame["id"])
    wrong = [
        await show(f"/portal/{mine['id']}", other["id"]),
        await show(f"/portal/{mine['id']}", ""),
        await show(f"/portal/{theirs['id']}", frame["id"]),
    ]
    await hub.api.patch("/jackfield/project", json={"allowed_origins": ["https://new.test"]})

    assert (before, wrong) == (200, [403, 403, 404])
    assert await show(f"/portal/{mine['id']}", frame["id"]) == 403


async def test_a_portal_has_a_bounded_number_of_frames(hub: Running, clock: FrozenClock) -> None:
    await hub.api.patch("/jackfield/project", json={"allowed_origins": [APP]})
    made = await make_portal(hub)
    for _ in range(55):
        await frame_of(hub, made["token"])
        clock.advance(seconds=1)

    kept = await hub.hub.db.unscoped("select count(*) as total from portal_frames")

    assert kept[0]["total"] == 50
