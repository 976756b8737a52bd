import re

import httpx2
import pytest

from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import PUBLIC_URL, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    """Return the client without an API key: what signs it in is its cookie."""
    hub.api.auth = None
    hub.api.headers["origin"] = PUBLIC_URL
    return hub.api


async def sign_in(hub: Running) -> None:
    # What a browser says of the pages it is on.
    hub.api.headers["origin"] = PUBLIC_URL
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    response = await press(hub.api, link)
    assert response.status_code == 303


async def press(browser: httpx2.AsyncClient, link: str) -> httpx2.Response:
    """Press the button of a sign-in link's page."""
    path, _, token = link.removeprefix("https://hub.test").partition("?token=")
    return await browser.post(path, data={"token": token})


async def test_a_sign_in_link_works_once(hub: Running, browser: httpx2.AsyncClient) -> None:
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    path = link.removeprefix("https://hub.test")

    first = await press(browser, link)
    browser.cookies.clear()
    second = await browser.get(path)
    third = await press(browser, link)

    cookie = first.headers["set-cookie"]
    assert first.status_code == 303
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/dashboard"))
    assert second.status_code == 410
    assert "used already" in second.text
    assert third.status_code == 410


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_whoever_previews_a_sign_in_link_neither_uses_it_nor_is_signed_in(
    hub: Running, browser: httpx2.AsyncClient, method: str
) -> None:
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)

    previewed = await browser.request(method, link.removeprefix("https://hub.test"))
    pressed = await press(browser, link)

    assert previewed.status_code == 200
    assert "set-cookie" not in previewed.headers
    assert pressed.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "https://hub.tes"},
        {"origin": "https://hub.test:8443"},
        {"origin": "https://hub.test.evil.test"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none", "origin": "https://evil.test"},
        {"origin": ""},
    ],
    ids=str,
)
async def test_no_other_site_signs_a_browser_in_or_posts_for_it(
    hub: Running, browser: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    path, _, token = link.removeprefix("https://hub.test").partition("?token=")

    refused = await browser.post(path, data={"token": token}, headers=headers)
    await sign_in(hub)
    posted = await browser.post("/dashboard/link", data={}, headers=headers)

    assert (refused.status_code, posted.status_code) == (403, 403)
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "same-origin"}, 422),
        ({"origin": "https://HUB.test:443"}, 422),
    ],
    ids=str,
)
async def test_a_post_that_does_not_say_where_it_comes_from_is_refused(
    hub: Running, browser: httpx2.AsyncClient, headers: dict[str, str], status: int
) -> None:
    await sign_in(hub)
    del browser.headers["origin"]

    posted = await browser.post("/dashboard/link", data={}, headers=headers)

    assert posted.status_code == status


async def test_signing_out_everywhere_ends_every_session_and_unused_link_of_the_project(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    await press(browser, await projects.sign_in_url(hub.hub, theirs, TESTER))
    other_project = dict(browser.cookies)
    await sign_in(hub)
    elsewhere = dict(browser.cookies)
    unused = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    await sign_in(hub)

    done = await browser.post("/dashboard/sign-out-everywhere")

    here = await browser.get("/dashboard")
    browser.cookies.update(elsewhere)
    there = await browser.get("/dashboard")
    late = await press(browser, unused)
    browser.cookies.clear()
    browser.cookies.update(other_project)
    assert done.status_code == 303
    assert (here.status_code, there.status_code, late.status_code) == (401, 401, 410)
    assert (await browser.get("/dashboard")).status_code == 200


async def test_a_sign_in_link_expires(
    hub: Running, browser: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    clock.advance(minutes=16)

    response = await browser.get(link.removeprefix("https://hub.test"))

    assert response.status_code == 410


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/link", "/dashboard/accounts/acc_0"])
async def test_a_stranger_is_asked_to_sign_in(browser: httpx2.AsyncClient, path: str) -> None:
    response = await browser.get(path)

    assert response.status_code == 401
    assert "jackfield doctor --sign-in-link" in response.text


async def test_a_session_ends_after_half_a_day_and_by_signing_out(
    hub: Running, browser: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    await sign_in(hub)
    assert (await browser.get("/dashboard")).status_code == 200
    clock.advance(hours=13)
    assert (await browser.get("/dashboard")).status_code == 401

    await sign_in(hub)
    cookies = dict(browser.cookies)
    await browser.post("/dashboard/sign-out")
    browser.cookies.update(cookies)
    assert (await browser.get("/dashboard")).status_code == 401


async def test_another_site_does_not_sign_anybody_out(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await sign_in(hub)
    elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
    answer = await browser.post("/dashboard/sign-out", headers=elsewhere)

    assert "set-cookie" not in answer.headers
    assert (await browser.get("/dashboard")).status_code == 200


async def test_the_accounts_page_shows_linked_accounts_and_finds_them(hub: Running) -> None:
    await hub.link()
    await hub.link(origin_owner_id="rival", origin_owner_name="Rival <Ltd.>")
    hub.api.auth = None
    await sign_in(hub)

    everything = (await hub.api.get("/dashboard")).text
    filtered = (await hub.api.get("/dashboard?owner=rival&status=active")).text
    nothing = (await hub.api.get("/dashboard?status=suspended")).text

    assert "Acme Inc." in everything
    assert "Rival &lt;Ltd.&gt;" in everything
    assert "Iterable" in everything
    assert "Acme Inc." not in filtered
    assert "Rival &lt;Ltd.&gt;" in filtered
    assert "No account matches" in nothing
    assert "https://api.iterable.com" in everything, "a rewrite is shown on every page"
    assert 'href="/docs"' in everything


@pytest.mark.parametrize(
    ("name", "owner", "shown"),
    [
        ("abc\u202egnp.exe", "acme", "abcgnp.exe"),
        (" \u200b\u2800", "acme", "acme"),
        ("\ufe0f\u034f", "acme", "acme"),
        (" \u00a0", "\u3164", ""),
        ("\u2067Rival <Ltd.>\u2069", "acme", "Rival &lt;Ltd.&gt;"),
        ("א\u200fב", "acme", "א\u200fב"),
    ],
)
async def test_an_account_can_be_clicked_whatever_its_owner_is_called_and_turns_nothing(
    hub: Running, name: str, owner: str, shown: str
) -> None:
    account_id = await hub.link(
        origin_owner_id=owner,
        origin_owner_name=name,
        origin_username="joe\u202e",
        label="\u202elabel",
    )
    hub.api.auth = None
    await sign_in(hub)

    listed = (await hub.api.get("/dashboard")).text
    page = (await hub.api.get(f"/dashboard/accounts/{account_id}")).text
    link = await hub.api.post("/dashboard/link", data={"owner_id": "x", "owner_name": name})

    shown = shown or account_id
    assert f'{account_id}"><bdi>{shown}</bdi></a>' in listed
    assert f"<h1><bdi>{shown}</bdi></h1>" in page
    assert f"<title>{shown}, Iterable" in page
    assert "<bdi>joe</bdi>" in page
    assert "<bdi>label</bdi>" in listed
    assert "<bdi>label</bdi>" in page
    assert "Send this link to <bdi>" in link.text
    assert "<bdi></bdi>" not in listed + page.replace("<dd><bdi></bdi></dd>", "") + link.text
    assert not set("\u202e\u2067") & set(listed + page)


async def test_accounts_are_shown_page_by_page(hub: Running) -> None:
    for number in range(26):
        await hub.link(origin_owner_id=f"owner-{number}")
    hub.api.auth = None
    await sign_in(hub)

    first = (await hub.api.get("/dashboard")).text
    second = (await hub.api.get("/dashboard?page=2")).text

    assert first.count("</span> Active</span>") == 25
    assert 'rel="next"' in first
    assert second.count("</span> Active</span>") == 1
    assert 'rel="prev"' in second


async def test_an_account_is_suspended_resumed_checked_and_deleted(hub: Running) -> None:
    account_id = await hub.link()
    hub.api.auth = None
    await sign_in(hub)
    page = f"/dashboard/accounts/{account_id}"

    async def press(verb: str) -> str:
        response = await hub.api.post(f"{page}/{verb}", follow_redirects=True)
        assert response.status_code == 200
        return response.text

    assert "Suspended" in await press("suspend")
    assert "Active" in await press("resume")
    assert "The provider accepts the credential." in await press("check")
    retired = await press("retire")
    assert "Suspended for good, and its credentials erased" in retired
    assert "nothing to revoke" in (deleted := await press("delete"))
    assert "No account has been linked yet" in deleted
    assert (await hub.api.get(page)).status_code == 404


async def test_the_dashboard_says_which_step_mends_an_account_and_what_is_left_of_a_key(
    hub: Running,
) -> None:
    account_id = await hub.link()
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    await hub.api.post(f"/jackfield/accounts/{account_id}/check")
    hub.api.auth = None
    await sign_in(hub)

    page = (await hub.api.get(f"/dashboard/accounts/{account_id}")).text
    deleted = await hub.api.post(f"/dashboard/accounts/{account_id}/delete", follow_redirects=True)

    assert '#create-a-server-side-api-key">Create a Server-Side API Key</a>' in page
    assert "since <time" in page
    assert "has no way to revoke its credentials from here" in deleted.text


async def test_an_accounts_values_are_called_as_in_the_form_that_linked_it(hub: Running) -> None:
    account_id = await hub.link(region="eu", key=hub.eu_key)
    hub.api.auth = None
    await sign_in(hub)

    page = (await hub.api.get(f"/dashboard/accounts/{account_id}")).text

    assert "<dt>Region</dt><dd><bdi>European Union</bdi></dd>" in page


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ],
)
async def test_another_sites_form_changes_nothing(hub: Running, headers: dict[str, str]) -> None:
    account_id = await hub.link()
    key = hub.api.auth
    hub.api.auth = None
    await sign_in(hub)

    response = await hub.api.post(f"/dashboard/accounts/{account_id}/delete", headers=headers)

    assert response.status_code == 403
    hub.api.auth = key
    assert (await hub.api.get(f"/accounts/{account_id}")).status_code == 200


async def test_a_link_made_on_the_dashboard_links_an_account(hub: Running) -> None:
    hub.api.auth = None
    await sign_in(hub)

    made = await hub.api.post("/dashboard/link", data={"owner_id": "acme", "provider": "iterable"})
    link = re.search(r'value="https://hub\.test(/embedded/[^"]+)"', made.text)
    assert link is not None
    form = await hub.api.get(link[1])

    assert "Connect Iterable" in form.text


async def test_a_failing_account_is_linked_anew_by_a_link_made_on_its_page(hub: Running) -> None:
    account_id = await hub.link()
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    hub.api.auth = None
    await sign_in(hub)
    failing = await hub.api.post(f"/dashboard/accounts/{account_id}/check")
    page = await hub.api.post(f"/dashboard/accounts/{account_id}/reconnect")
    link = re.search(r'id="link" readonly value="([^"]+)"', page.text)
    assert link is not None

    form = await hub.api.get(link[1].replace("&amp;", "&"))

    assert re.search('class="button primary">.*</svg> Make a reconnect link', failing.text)
    assert "Connect Iterable again</h1>" in form.text


async def test_a_link_needs_an_owner(hub: Running) -> None:
    hub.api.auth = None
    await sign_in(hub)

    response = await hub.api.post("/dashboard/link", data={"owner_id": " "})

    assert response.status_code == 422
    assert "Say whose account it will be." in response.text


async def test_another_projects_account_is_not_shown(hub: Running) -> None:
    account_id = await hub.link()
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    link = await projects.sign_in_url(hub.hub, theirs, TESTER)
    hub.api.auth = None
    hub.api.headers["origin"] = PUBLIC_URL
    await press(hub.api, link)

    response = await hub.api.get(f"/dashboard/accounts/{account_id}")

    assert response.status_code == 404


async def test_what_a_key_may_do_is_asked_and_shown_action_by_action(hub: Running) -> None:
    account_id = await hub.link(key=hub.sandbox.us.api_keys["read_only"])
    hub.api.auth = None
    await sign_in(hub)
    page = f"/dashboard/accounts/{account_id}"

    before = (await hub.api.get(page)).text
    pressed = await hub.api.post(f"{page}/probe")
    after = (await hub.api.get(pressed.headers["location"])).text

    assert "Not checked yet" in before
    assert "Find out" in before
    assert (pressed.status_code, pressed.headers["location"]) == (303, f"{page}#permissions")
    assert "Of 157 actions, 54 allowed, 103 refused." in " ".join(after.split())
    assert "iterable_update_user" in after
    assert "ReadOnly key may not do this" in after
    assert "Ask again" in after
    assert "<summary><span>SMS:</span> " in after
