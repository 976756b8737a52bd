"""A customer's own page, opened in a browser: what is linked, what ran, and what they can do."""

import pytest
import structlog

from tests.api.test_hub_page import action_of
from tests.support.clock import FrozenClock
from tests.support.portal import HERE, make_portal, open_portal, press
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def reasons(hub: Running, account_id: str) -> tuple[str, list[str]]:
    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    return account["status"], [each["code"] for each in account["status_reasons"] or []]


async def can_run(hub: Running, account_id: str) -> bool:
    return (await hub.run(account_id, "iterable_list_channels")).status_code == 200


async def test_a_link_asks_before_it_opens_and_opens_the_list(hub: Running) -> None:
    await hub.link(label="Newsletter")
    made = await make_portal(hub)

    previewed = [await hub.api.get(f"/portal/open?token={made['token']}", auth=None) for _ in "ab"]
    portal = await press(hub, made["token"])
    page = await hub.api.get(f"/portal/{made['id']}", auth=None)

    assert [each.status_code for each in previewed] == [200, 200]
    cookie = portal.headers["set-cookie"]
    assert f"Path=/portal/{made['id']};" in cookie
    assert all(each in cookie for each in ("HttpOnly", "Secure", "SameSite=lax", "Max-Age=14400"))
    assert page.status_code == 200
    for shown in ("Acme Inc.", "Iterable", "Newsletter", "Works", "Send messages", "Not lately"):
        assert shown in page.text


async def test_what_ran_is_told_in_plain_words_and_without_contents(hub: Running) -> None:
    account = await hub.link()
    await hub.run(account, "iterable_list_channels")
    await hub.run(account, "iterable_get_user_by_email", path={"email": "secret@person.test"})
    await hub.hub.write_buffer.flush()

    page = (await (await open_portal(hub)).get(f"/accounts/{account}")).text

    assert "List channels" in page
    assert "Worked" in page
    assert "secret@person.test" not in page
    assert "iterable_list_channels" not in page
    assert hub.us_key not in page


async def test_a_long_history_has_pages(hub: Running) -> None:
    account = await hub.link()
    for _ in range(21):
        await hub.run(account, "iterable_list_channels")
    await hub.hub.write_buffer.flush()
    portal = await open_portal(hub)

    first = (await portal.get(f"/accounts/{account}")).text
    second = (await portal.get(f"/accounts/{account}?page=2")).text

    assert (first.count('class="what"'), second.count('class="what"')) == (20, 1)
    assert "Older" in first
    assert "Newer" in second


async def test_a_pause_by_the_customer_stops_runs_until_the_customer_resumes(
    hub: Running,
) -> None:
    account = await hub.link()
    portal = await open_portal(hub)

    with structlog.testing.capture_logs() as lines:
        paused = await portal.post(f"/accounts/{account}/pause")

    page = (await portal.get(f"/accounts/{account}")).text
    refused = await hub.run(account, "iterable_list_channels")
    by_project = await hub.api.post(f"/jackfield/accounts/{account}/resume")
    assert paused.status_code == 303
    assert "Paused by you" in page
    assert await reasons(hub, account) == ("suspended", ["paused_by_owner"])
    assert (refused.status_code, "customer paused" in refused.json()["message"]) == (412, True)
    assert (by_project.status_code, by_project.json()["code"]) == (409, "paused_by_owner")
    assert f"portal_session:{portal.session['id']}" in [each.get("actor") for each in lines]

    await portal.post(f"/accounts/{account}/resume")
    assert await reasons(hub, account) == ("active", [])
    assert await can_run(hub, account)


@pytest.mark.parametrize("first", ["customer", "project"])
async def test_who_paused_an_account_lifts_that_pause_and_no_other(
    hub: Running, first: str
) -> None:
    account = await hub.link()
    portal = await open_portal(hub)
    order = [("customer", "pause"), ("project", "suspend")]
    for who, verb in order if first == "customer" else reversed(order):
        if who == "customer":
            await portal.post(f"/accounts/{account}/{verb}")
        else:
            await hub.api.post(f"/jackfield/accounts/{account}/{verb}")
    assert set((await reasons(hub, account))[1]) == {"paused_by_owner", "suspended"}
    assert "Paused by you and" in (await portal.get(f"/accounts/{account}")).text

    if first == "customer":
        await portal.post(f"/accounts/{account}/resume")
        assert await reasons(hub, account) == ("suspended", ["suspended"])
        await hub.api.post(f"/jackfield/accounts/{account}/resume")
    else:
        lifted = await hub.api.post(f"/jackfield/accounts/{account}/resume")
        assert lifted.json()["status"] == "suspended"
        assert await reasons(hub, account) == ("suspended", ["paused_by_owner"])
        await portal.post(f"/accounts/{account}/resume")

    assert await reasons(hub, account) == ("active", [])


async def test_new_credentials_leave_a_pause_as_it_is(hub: Running) -> None:
    account = await hub.link()
    portal = await open_portal(hub)
    await portal.post(f"/accounts/{account}/pause")
    led = await portal.post(f"/accounts/{account}/reconnect")
    token = led.headers["location"].partition("token=")[2]

    form = await hub.api.get(f"/embedded/integrations?token={token}", auth=None)
    done = await hub.api.post(
        action_of(form.text), data={"api_key": hub.us_key, "region": "us"}, auth=None
    )

    assert "This connection is paused" in done.text
    assert await reasons(hub, account) == ("suspended", ["paused_by_owner"])


async def test_an_account_that_does_not_work_is_connected_again_by_its_own_link(
    hub: Running,
) -> None:
    account, other = await hub.link(), await hub.link(multiple=True, key=hub.eu_key, region="eu")
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    await hub.run(account, "iterable_list_channels")
    portal = await open_portal(hub)

    page = (await portal.get(f"/accounts/{account}")).text
    led = await portal.post(f"/accounts/{account}/reconnect")
    token = led.headers["location"].partition("token=")[2]
    session = await hub.api.post("/connect_sessions/authenticate", json={"token": token})
    stranger = await hub.api.get(
        f"/hub/accounts/{other}", headers={"x-hub-session-token": token}, auth=None
    )

    assert "Has to be connected again" in page
    assert "/pause" not in page
    assert led.status_code == 303
    assert led.headers["referrer-policy"] == "no-referrer"
    assert session.json()["account_id"] == account
    assert stranger.status_code == 404


async def test_an_account_that_runs_nothing_cannot_be_paused(hub: Running) -> None:
    account = await hub.link()
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    await hub.run(account, "iterable_list_channels")

    refused = await (await open_portal(hub)).post(f"/accounts/{account}/pause")

    assert refused.status_code == 412
    assert "Connect it again first" in refused.text
    assert (await reasons(hub, account))[0] == "error"


async def test_another_account_is_linked_for_the_same_customer_and_changes_none(
    hub: Running,
) -> None:
    account = await hub.link()
    portal = await open_portal(hub)

    led = await portal.post("/link")
    token = led.headers["location"].partition("token=")[2]
    linked = await hub.submit(token, {"api_key": hub.us_key, "region": "us"})

    accounts = (await hub.api.get("/accounts")).json()
    assert linked.status_code == 201
    assert {each["id"] for each in accounts} == {account, linked.json()["id"]}
    assert {each["origin_owner_id"] for each in accounts} == {"acme"}


async def test_an_account_that_is_removed_is_gone_with_its_credentials(hub: Running) -> None:
    account = await hub.link()
    portal = await open_portal(hub)

    removed = await portal.post(f"/accounts/{account}/remove")

    listed = await portal.get(f"?{removed.headers['location'].partition('?')[2]}")
    assert (await hub.api.get(f"/accounts/{account}")).status_code == 404
    assert "The connection was removed" in listed.text
    assert "Nothing is connected yet" in listed.text
    assert "They may still work at the service" in listed.text
    (kept,) = await hub.hub.db.unscoped("select count(*) as total from credentials")
    assert kept["total"] == 0


async def test_a_portal_does_only_what_it_was_opened_for(hub: Running) -> None:
    account = await hub.link()
    portal = await open_portal(hub, allow=["read"])

    page = (await portal.get(f"/accounts/{account}")).text
    answers = [
        await portal.post(path)
        for path in (
            "/link",
            *(f"/accounts/{account}/{verb}" for verb in ("pause", "resume", "reconnect", "remove")),
        )
    ]

    assert "<form" not in page
    assert {each.status_code for each in answers} == {403}
    assert await reasons(hub, account) == ("active", [])


async def test_who_closes_the_page_ends_it_everywhere(hub: Running) -> None:
    portal = await open_portal(hub)

    left = await portal.post("/leave")

    assert "This page is closed" in left.text
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert (await portal.get()).status_code == 410


async def test_the_page_ends_when_its_time_is_over(hub: Running, clock: FrozenClock) -> None:
    portal = await open_portal(hub, open_seconds=60)
    clock.advance(seconds=61)

    page = await portal.get()

    assert page.status_code == 410
    assert "has expired" in page.text


async def test_the_page_speaks_the_language_it_was_opened_in_unless_another_is_chosen(
    hub: Running,
) -> None:
    await hub.api.patch(
        "/jackfield/project",
        json={
            "branding": {"display_name": "Northwind", "colors": {"accent": "#6d28d9"}},
            "white_label": True,
            "strings": {"de": {"portal.title": "Ihre Konten"}},
        },
    )
    portal = await open_portal(hub, locale="de", theme="dark")

    german = (await portal.get()).text
    french = (await portal.get("?lang=fr")).text

    assert "Ihre Konten</h1>" in german
    assert 'data-theme="dark"' in german
    assert "theme.css" in german
    assert "Jackfield" not in german
    assert "Connexions</h1>" in french
    assert 'action="/portal/' in french
    assert "lang=fr" in french


async def test_no_project_and_no_hub_is_named_by_a_link_that_is_unknown(hub: Running) -> None:
    for path in ("/portal/open?token=none", "/portal/por_none", "/portal/frames/none"):
        page = await hub.api.get(path, auth=None, headers=HERE)

        assert page.status_code == 404
        assert "cannot be shown" in page.text
        assert "Jackfield" not in page.text
