"""How sign-ins at a provider end, and what their pages and attempts say of it."""

import html
import re
from io import StringIO
from typing import Any

import httpx2
import pytest

from tests.support.clock import FrozenClock
from tests.support.oakdale import OAKDALE, SECRET, Browser, Provider, exchanging, oakdale
from tests.support.running import HubWith, Running

pytestmark = pytest.mark.anyio

CALLBACK = "/connect/oauth2/oakdale/callback"
# Long enough to be in no other secret of a page by chance.
CODE = "code-of-oakdale"
MARKUP = "<script>alert(1)</script>"


async def begin(hub: Running, browser: Browser, **wanted: Any) -> dict[str, str]:
    """Go to the provider by an auth link."""
    session = await hub.session(provider="oakdale", **wanted)
    start = await browser.fill_in(session["auth_link_url"])
    return {**await browser.start(start), "start": start, "token": session["token"]}


async def latest_error(hub: Running) -> str | None:
    (session, *_) = (await hub.api.get("/jackfield/connect_sessions")).json()["data"]
    return (session["latest_connection_attempt"] or {}).get("oauth_error_code")


def heading(page: httpx2.Response) -> str:
    (title,) = re.findall("<h1[^>]*>([^<]+)</h1>", page.text)
    return html.unescape(title)


def link(page: httpx2.Response, text: str) -> str:
    (address,) = re.findall(f'href="([^"]+)"[^>]*>{text}<', page.text)
    return html.unescape(address)


@pytest.mark.parametrize(
    ("sent_back", "provider_says", "code", "title"),
    [
        ({"error": "access_denied"}, {}, "access_denied", "Access was not allowed"),
        (
            {"error": "server_error", "error_description": MARKUP},
            {},
            "sign_in_failed",
            "Oakdale did not sign you in",
        ),
        ({}, {}, "sign_in_callback_refused", "The answer of Oakdale was not used"),
        (
            {"code": CODE, "iss": "https://login.fernwood.example"},
            {},
            "sign_in_callback_refused",
            "The answer of Oakdale was not used",
        ),
        ({"code": CODE}, {"status": 503}, "provider_unavailable", "Oakdale is not connected yet"),
        ({"code": CODE}, {"status": 429}, "provider_rate_limited", "Oakdale is not connected yet"),
        (
            {"code": CODE},
            {"status": 401, "tokens": {"error": "invalid_client"}},
            "oauth_client_refused",
            "Oakdale does not know the app of this hub",
        ),
        ({"code": CODE}, {"api_status": 401}, "credential_rejected", "Oakdale is not connected"),
    ],
)
async def test_sign_in_that_fails_is_explained_and_can_be_started_over(
    oak: tuple[Running, Provider],
    log_lines: StringIO,
    sent_back: dict[str, str],
    provider_says: dict[str, Any],
    code: str,
    title: str,
) -> None:
    hub, provider = oak
    browser = Browser.of(hub)
    for name, value in provider_says.items():
        setattr(provider, name, value)
    asked = await begin(hub, browser)

    page = await browser.come_back(state=asked["state"], **sent_back)

    assert heading(page).startswith(title)
    assert await latest_error(hub) == code
    assert MARKUP not in page.text
    assert ("alert(1)" in page.text) is ("error_description" in sent_back)
    form = await browser.get(link(page, "Start over"))
    assert heading(form) == "Connect Oakdale"
    assert page.url.path.endswith("/result")
    assert page.url.query == b"lang=en"
    kept_out = (SECRET, asked["state"], "access-token-1", "refresh-token-1", CODE, "blue-team")
    assert [each for each in kept_out if each in page.text] == []
    assert [each for each in (*kept_out, asked["token"]) if each in log_lines.getvalue()] == []


async def test_sign_in_that_takes_too_long_ends(
    oak: tuple[Running, Provider], clock: FrozenClock
) -> None:
    hub, provider = oak
    browser = Browser.of(hub)
    asked = await begin(hub, browser)

    clock.advance(minutes=16)
    page = await browser.come_back(state=asked["state"], code=CODE)

    assert heading(page) == "The sign-in took too long"
    assert provider.exchanges == []


async def test_sign_in_that_is_opened_too_late_says_so(
    oak: tuple[Running, Provider], clock: FrozenClock
) -> None:
    hub, _ = oak
    browser = Browser.of(hub)
    start = await browser.fill_in((await hub.session(provider="oakdale"))["auth_link_url"])

    clock.advance(minutes=16)

    assert heading(await browser.get(start)) == "The sign-in took too long"


async def test_session_that_ended_meanwhile_links_nothing(oak: tuple[Running, Provider]) -> None:
    hub, provider = oak
    browser, other = Browser.of(hub), Browser.of(hub)
    session = await hub.session(provider="oakdale")
    asked = [
        await each.start(await each.fill_in(session["auth_link_url"])) for each in (browser, other)
    ]
    await other.come_back(state=asked[1]["state"], code="c-2")

    page = await browser.come_back(state=asked[0]["state"], code=CODE)

    assert heading(page) == "This link has been used"
    assert len(provider.exchanges) == 1


@pytest.mark.parametrize("fault", ["unknown", "none", "other provider", "other browser"])
async def test_answer_that_is_not_this_browsers_ends_nothing(
    oak: tuple[Running, Provider], fault: str
) -> None:
    hub, provider = oak
    browser = Browser.of(hub)
    asked = await browser.leave(hub)
    state = {"unknown": "jf_st_" + "x" * 43, "none": ""}.get(fault, asked["state"])
    there = "fernwood" if fault == "other provider" else "oakdale"
    comes = Browser.of(hub) if fault == "other browser" else browser

    page = await comes.get(f"/connect/oauth2/{there}/callback", code=CODE, state=state)

    foreign = "This sign-in belongs to another browser"
    assert heading(page) == (foreign if fault == "other browser" else "This sign-in does not work")
    assert provider.exchanges == []
    assert (await browser.attempt(asked))["status"] == "pending"
    assert asked["token"] not in page.text
    page = await browser.come_back(code=CODE, state=asked["state"])
    assert (await browser.attempt(asked))["status"] == "authenticated"


async def test_answer_that_comes_twice_shows_the_end_of_the_first(
    oak: tuple[Running, Provider],
) -> None:
    hub, provider = oak
    browser = Browser.of(hub)
    asked = await begin(hub, browser)

    first = await browser.come_back(state=asked["state"], code=CODE)
    second = await browser.come_back(state=asked["state"], code=CODE)

    assert heading(first) == heading(second) == "Oakdale is connected"
    assert len(provider.exchanges) == 1


async def test_answer_that_comes_twice_at_once_waits_for_the_first(
    oak: tuple[Running, Provider],
) -> None:
    hub, provider = oak
    browser = Browser.of(hub)
    asked = await begin(hub, browser)

    async with exchanging(provider, browser, asked) as first:
        second = await browser.come_back(state=asked["state"], code=CODE)

    assert heading(second) == "One moment"
    assert 'http-equiv="refresh"' in second.text
    assert heading(first.result()) == "Oakdale is connected"
    assert heading(await browser.get(str(second.url))) == "Oakdale is connected"
    assert len(provider.exchanges) == 1


async def test_sign_in_is_opened_once_and_says_so_to_its_browser_alone(
    oak: tuple[Running, Provider],
) -> None:
    hub, _ = oak
    browser = Browser.of(hub)
    asked = await begin(hub, browser)

    again = await browser.get(asked["start"])
    elsewhere = await Browser.of(hub).get(asked["start"])

    assert heading(again) == "This sign-in has been opened already"
    assert asked["token"] in link(again, "Start over")
    assert heading(elsewhere) == "This sign-in does not work"
    assert asked["token"] not in elsewhere.text


async def test_sign_in_is_linked_by_a_posted_answer(oak: tuple[Running, Provider]) -> None:
    hub, _ = oak
    browser = Browser.of(hub)
    asked = await begin(hub, browser)

    posted = await browser.client.post(CALLBACK, data={"code": CODE, "state": asked["state"]})
    page = await browser.get(posted.headers["location"])

    assert heading(page) == "Oakdale is connected"


async def test_scopes_that_were_not_granted_are_told(oak: tuple[Running, Provider]) -> None:
    hub, provider = oak
    provider.tokens["scope"] = "notes.read offline_access"
    browser = Browser.of(hub)
    asked = await begin(hub, browser)

    page = await browser.come_back(state=asked["state"], code=CODE)

    assert "Not everything was allowed." in page.text
    assert re.findall("<li>([^<]+)</li>", page.text) == ["Write notes."]


async def test_other_account_is_linked_after_it_was_confirmed(
    oak: tuple[Running, Provider],
) -> None:
    hub, provider = oak
    browser = Browser.of(hub)
    asked = await begin(hub, browser)
    await browser.come_back(state=asked["state"], code=CODE)
    provider.user = "u-2"

    asked = await begin(hub, browser)
    page = await browser.come_back(state=asked["state"], code="c-2")
    assert heading(page) == "You signed in with another Oakdale account"
    again = link(page, "Start over")
    form = await browser.get(again)
    assert "_confirm_identity" in form.text
    asked = await browser.start(await browser.fill_in(again, _confirm_identity="1"))
    page = await browser.come_back(state=asked["state"], code="c-3")

    assert heading(page) == "Oakdale is connected"


async def test_company_that_the_callback_names_is_part_of_who_was_linked(
    hub_with: HubWith,
) -> None:
    text = OAKDALE.replace(
        "        scopes:", "        callbackParams: {realmId: realmId}\n        scopes:"
    ).replace("{action: me, values: $.output.id}", "{values: $.credentials.realmId}")
    titles: list[str] = []
    async with oakdale(hub_with, text) as (hub, _):
        for company in ("c-1", "c-1", "c-2"):
            browser = Browser.of(hub)
            asked = await begin(hub, browser)
            page = await browser.come_back(state=asked["state"], code="x", realmId=company)
            titles.append(heading(page))

    assert titles == [
        "Oakdale is connected", "Oakdale is connected",
        "You signed in with another Oakdale account",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("de", "Die Anmeldung bei Oakdale ist gescheitert"),
        ("fr", "La connexion sur Oakdale a échoué"),
        ("es", "No se ha podido iniciar sesión en Oakdale"),
        ("ja", "Oakdale でサインインできませんでした"),
    ],
)
async def test_end_is_told_in_the_language_of_the_form(
    oak: tuple[Running, Provider], language: str, title: str
) -> None:
    hub, _ = oak
    browser = Browser.of(hub)
    session = await hub.session(provider="oakdale")
    start = await browser.fill_in(f"{session['auth_link_url']}&lang={language}")
    asked = await browser.start(start)

    page = await browser.come_back(state=asked["state"], error="server_error")

    assert heading(page) == title


async def test_link_that_waits_for_confirmation_is_looked_at_again_on_the_same_page(
    oak: tuple[Running, Provider],
) -> None:
    hub, _ = oak
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    browser = Browser.of(hub)
    asked = await begin(hub, browser)
    page = await browser.come_back(state=asked["state"], code=CODE)
    assert heading(page) == "Waiting for the product to confirm"
    (pending,) = (await hub.api.get("/jackfield/pending_links")).json()["data"]

    await hub.api.post(f"/jackfield/pending_links/{pending['id']}/confirm")
    page = await browser.get(link(page, "Check again"))

    assert heading(page) == "Oakdale is connected"


async def test_popup_of_an_incomplete_form_ends_its_attempt(oak: tuple[Running, Provider]) -> None:
    hub, _ = oak
    browser = Browser.of(hub)
    session = await hub.session(provider="oakdale")
    headers = {"x-hub-session-token": session["token"]}
    made = await browser.client.post("/hub/connection_attempts", headers=headers)
    asked = {"attempt": made.json()["id"], "token": session["token"]}
    offered = (await browser.client.get("/hub/connectors", headers=headers)).json()
    place = f"/connect/oauth2/{offered['integrations'][0]['integration_id']}"

    page = await browser.get(
        place, token=session["token"], connection_attempt_id=asked["attempt"], no_field="x"
    )

    assert page.status_code == 422
    ended = await browser.attempt(asked)
    assert (ended["status"], ended["error"]["code"]) == ("error", "invalid_fields")
