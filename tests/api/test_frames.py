"""Whose pages may show the Hub."""

import httpx2
import pytest

from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = pytest.mark.anyio

APP = "https://app.acme.test"


async def allow(hub: Running, *origins: str) -> None:
    answer = await hub.api.patch("/jackfield/project", json={"allowed_origins": list(origins)})
    assert answer.status_code == 200, answer.text


async def ask(hub: Running, token: str, origin: str | None) -> httpx2.Response:
    headers = {"x-hub-session-token": token} | ({"origin": origin} if origin else {})
    return await hub.api.post("/hub/frames", headers=headers, auth=None)


async def show(hub: Running, made: httpx2.Response) -> httpx2.Response:
    return await hub.api.get(made.json()["url"].removeprefix("https://hub.test"), auth=None)


async def test_a_page_of_an_allowed_origin_gets_a_frame_for_itself_alone(hub: Running) -> None:
    await allow(hub, APP)
    session = await hub.session()

    made = await ask(hub, session["token"], APP)
    frame = await show(hub, made)

    assert made.status_code == 201
    policy = frame.headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors https://hub.test {APP}")
    assert "x-frame-options" not in frame.headers
    assert f'data-parent="{APP}"' in frame.text
    assert session["token"] not in frame.text + made.text


@pytest.mark.parametrize(
    ("allowed", "origin"),
    [
        ([], APP),
        ([APP], "https://app.acme.test.evil.test"),
        ([APP], "http://app.acme.test"),
        ([APP], "https://app.acme.test:8443"),
        (["https://*.acme.test"], "https://acme.test"),
        (["https://*.acme.test"], "https://evilacme.test"),
        ([APP], "null"),
        ([APP], None),
    ],
)
async def test_any_other_page_gets_none(
    hub: Running, allowed: list[str], origin: str | None
) -> None:
    await allow(hub, *allowed)
    session = await hub.session()

    refused = await ask(hub, session["token"], origin)

    assert (refused.status_code, refused.json()["code"]) == (403, "origin_not_allowed")


async def test_a_wildcard_stands_for_what_is_below_it(hub: Running) -> None:
    await allow(hub, "https://*.acme.test")
    session = await hub.session()

    assert (await ask(hub, session["token"], "https://eu.app.acme.test")).status_code == 201


@pytest.mark.database
async def test_a_session_narrows_down_where_it_is_shown(hub: Running) -> None:
    await allow(hub, APP, "https://other.acme.test")
    session = await hub.session(allowed_origins=[APP])

    allowed = await ask(hub, session["token"], APP)
    refused = await ask(hub, session["token"], "https://other.acme.test")
    widened = await hub.api.post(
        "/connect_sessions",
        json={
            "origin_owner_id": "a",
            "origin_owner_name": "A",
            "allowed_origins": ["https://evil.test"],
        },
    )

    policy = (await show(hub, allowed)).headers["content-security-policy"]
    assert refused.json()["code"] == "origin_not_allowed"
    assert "other.acme.test" not in policy
    assert widened.status_code == 422


async def test_an_origin_that_is_no_longer_allowed_shows_nothing(hub: Running) -> None:
    await allow(hub, APP)
    made = await ask(hub, (await hub.session())["token"], APP)
    await allow(hub, "https://other.acme.test")

    frame = await show(hub, made)

    assert frame.status_code == 404
    assert "frame-ancestors 'none'" in frame.headers["content-security-policy"]


async def test_a_frame_of_one_session_does_not_show_another(hub: Running) -> None:
    await allow(hub, APP)
    mine, theirs = await hub.session(), await hub.session()
    made = await ask(hub, theirs["token"], APP)

    page = await hub.api.get(
        "/embedded/integrations",
        headers={"x-hub-session-token": mine["token"], "x-hub-frame": made.json()["id"]},
        auth=None,
    )

    assert page.status_code == 403
    assert "api_key" not in page.text


async def test_a_token_is_of_no_use_to_the_page_of_another_origin(hub: Running) -> None:
    await allow(hub, APP)
    session = await hub.session()
    headers = {"x-hub-session-token": session["token"]}

    asked = {
        origin: await hub.api.get(
            "/hub/connectors", headers={**headers, "origin": origin}, auth=None
        )
        for origin in (APP, "https://evil.test")
    }

    assert asked[APP].status_code == 200
    assert asked["https://evil.test"].json()["code"] == "origin_not_allowed"


async def test_the_element_and_the_older_script_are_for_any_page(hub: Running) -> None:
    for path in ("/hub.js", "/connect.js"):
        script = await hub.api.get(path, auth=None)

        assert script.headers["content-type"].startswith("text/javascript")
        assert script.headers["access-control-allow-origin"] == "*"
        assert script.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.database
async def test_a_token_has_a_bounded_number_of_frames_and_the_newest_work(
    hub: Running, clock: FrozenClock
) -> None:
    await allow(hub, APP)
    session = await hub.session()
    made: list[httpx2.Response] = []
    for _ in range(60):
        made.append(await ask(hub, session["token"], APP))
        clock.advance(seconds=1)

    shown = [(await show(hub, each)).status_code for each in (made[0], made[-50], made[-1])]
    kept = await hub.hub.db.unscoped("select count(*) as total from connect_frames")

    assert (kept[0]["total"], shown) == (50, [404, 200, 200])
