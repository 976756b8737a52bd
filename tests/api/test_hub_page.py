"""The Hub's pages as a browser without scripts sees them."""

import asyncio
import re

import pytest

from jackfield.ui import assets
from tests.api.test_startup import PETDESK
from tests.support.clock import FrozenClock
from tests.support.running import HubWith, Running
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio


async def open_link(hub: Running, **wanted: object) -> str:
    session = await hub.session(**wanted)
    return session["auth_link_url"].removeprefix("https://hub.test")


def action_of(html: str) -> str:
    match = re.search(r'<form class="fields" id="link" method="post" action="([^"]+)"', html)
    assert match is not None, html
    return match[1].replace("&amp;", "&")


async def test_a_link_shows_the_form_with_the_guide_beside_it(hub: Running) -> None:
    response = await hub.api.get(await open_link(hub, provider="iterable"), auth=None)

    assert response.status_code == 200
    html = response.text
    assert "Connect Iterable</h1>" in html
    assert "Acme Inc." in html
    assert '<label for="field-api_key">API Key</label>' in html
    assert "Identify Your Iterable Region" in html
    assert "Linking the account from the Hub" not in html


async def test_a_link_for_several_connectors_lets_one_choose_and_search(hub: Running) -> None:
    link = await open_link(hub)

    everything = await hub.api.get(link, auth=None)
    found = await hub.api.get(f"{link}&q=iter", auth=None)
    nothing = await hub.api.get(f"{link}&q=zzz", auth=None)

    if "Choose the service" in everything.text:
        assert re.search(r'<li data-search="iterable[^"]*">', found.text)
        assert re.search(r'<li data-search="iterable[^"]*" hidden>', nothing.text)


async def test_a_right_key_is_confirmed_and_the_account_is_there(hub: Running) -> None:
    form = await hub.api.get(await open_link(hub, provider="iterable"), auth=None)

    done = await hub.api.post(
        action_of(form.text), data={"api_key": hub.us_key, "region": "us"}, auth=None
    )

    assert done.status_code == 200
    assert "Iterable is connected" in done.text
    assert "United States" in done.text
    assert len((await hub.api.get("/accounts")).json()) == 1


@pytest.mark.parametrize(
    ("typed", "status", "field", "words"),
    [
        ({}, 422, "api_key", "API Key is required."),
        ({"api_key": "0" * 32, "region": "us"}, 400, "api_key", "does not know this key"),
        ({"api_key": "eu", "region": "us"}, 400, "region", "belongs to the EU data center"),
    ],
)
async def test_what_is_wrong_stands_at_its_field_and_the_key_is_not_sent_back(
    hub: Running, typed: dict[str, str], status: int, field: str, words: str
) -> None:
    form = await hub.api.get(await open_link(hub, provider="iterable"), auth=None)
    if typed.get("api_key") == "eu":
        typed = {**typed, "api_key": hub.eu_key}

    answer = await hub.api.post(action_of(form.text), data=typed, auth=None)

    assert answer.status_code == status
    error = re.search(rf'id="field-{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert error is not None
    assert words in error[1]
    assert re.search(rf'id="field-{field}"[^>]*aria-invalid="true"', answer.text)
    if typed:
        assert typed["api_key"] not in answer.text
        assert 'value="us" checked' in answer.text


async def test_a_used_link_says_so(hub: Running) -> None:
    link = await open_link(hub, provider="iterable")
    form = await hub.api.get(link, auth=None)
    await hub.api.post(
        action_of(form.text), data={"api_key": hub.us_key, "region": "us"}, auth=None
    )

    again = await hub.api.get(link, auth=None)

    assert again.status_code == 410
    assert "This link has been used" in again.text


async def test_an_expired_link_says_so(hub: Running, clock: FrozenClock) -> None:
    link = await open_link(hub, expires_in=10)
    clock.advance(seconds=11)

    response = await hub.api.get(link, auth=None)

    assert response.status_code == 410
    assert "This link has expired" in response.text


@pytest.mark.parametrize("query", ["", "?token=", "?token=jf_ct_wrong", "?token=%00<script>"])
async def test_a_broken_link_says_so(hub: Running, query: str) -> None:
    response = await hub.api.get(f"/embedded/integrations{query}", auth=None)

    assert response.status_code == 404
    assert "This link does not work" in response.text
    assert "<script>" not in response.text.replace('<script type="module"', "")


async def test_a_page_allows_no_foreign_and_no_inline_script_and_no_frame(hub: Running) -> None:
    response = await hub.api.get(await open_link(hub), auth=None)

    policy = response.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\bsrc=)", response.text)
    assert not re.search(r"\son\w+=|style=", response.text)


async def test_an_account_that_is_there_is_updated_without_typing_the_key_again(
    hub: Running,
) -> None:
    account_id = await hub.link()
    form = await hub.api.get(await open_link(hub, account_id=account_id), auth=None)

    done = await hub.api.post(action_of(form.text), data={"region": "us"}, auth=None)

    assert f"•••••••••• {hub.us_key[-4:]}" in form.text
    assert hub.us_key not in form.text
    assert done.status_code == 200


async def test_a_browser_fills_no_saved_login_into_the_form(hub: Running) -> None:
    form = await hub.api.get(await open_link(hub, provider="iterable"), auth=None)

    boxes = re.findall(r"<(?:input|textarea)\b[^>]*\bid=\"field-[^>]*>", form.text)
    secrets = [box for box in boxes if "data-secret" in box]
    assert secrets
    assert all('autocomplete="new-password"' in box for box in secrets)
    assert all('autocomplete="off"' in box for box in boxes if box not in secrets)


async def test_a_guide_has_a_page_and_a_text(hub: Running) -> None:
    page = await hub.api.get("/docs/connectors/iterable/guides/link-account/api_key", auth=None)
    text = await hub.api.get("/docs/connectors/iterable/guides/link-account/api_key.md", auth=None)
    missing = await hub.api.get("/docs/connectors/iterable/guides/link-account/oauth2", auth=None)

    for attribute in (
        'data-guide-section data-guide-scopes=""',
        'data-guide-step data-guide-scopes="" data-guide-display-scopes-list=""',
        "data-whitelabel-hide",
    ):
        assert attribute in page.text
    assert (
        'href="https://app.eu.iterable.com" target="_blank" rel="noopener noreferrer"' in page.text
    )
    assert text.headers["content-type"].startswith("text/markdown")
    assert text.text.startswith("# Connect Iterable with API Key\n")
    assert missing.status_code == 404


@pytest.mark.parametrize("name", ["styles/tokens.css", "hub.css", "hub-page.js", "mark.svg"])
async def test_static_files_are_served_as_what_they_are(hub: Running, name: str) -> None:
    response = await hub.api.get(f"/static/{assets.version()}/{name}", auth=None)
    older = await hub.api.get(f"/static/000000000000/{name}", auth=None)

    assert response.status_code == 200
    assert "immutable" in response.headers["cache-control"]
    assert "immutable" not in older.headers["cache-control"]
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_nothing_else_is(hub: Running) -> None:
    for path in ("/static/1/../pages.py", "/static/1/%2e%2e%2fpages.py", "/static/1/nothing.css"):
        assert (await hub.api.get(path, auth=None)).status_code == 404


async def test_an_icon_is_an_image_and_can_do_nothing(hub: Running) -> None:
    response = await hub.api.get("/connectors/iterable/icon", auth=None)

    assert response.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("icon", "letter"),
    [
        ("", "P"),
        ("    icon: icon.svg\n", "P"),
        ("    icon: http://icons.example/a.png\n", "P"),
        ("    icon: PROVIDER/missing.png\n", "P"),
        ("    icon: PROVIDER/page.html\n", "P"),
        ("    icon: PROVIDER/icon.png\n", ""),
    ],
)
async def test_a_connector_without_an_icon_that_can_be_had_is_shown_by_its_first_letter(
    hub_with: HubWith, icon: str, letter: str
) -> None:
    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        image = {"content-type": "text/html" if "html" in seen.line else "image/png"}
        status = 404 if "missing" in seen.line else 200
        await reply(b"\x89PNG", status=status, headers=image)(writer, seen)

    async with scripted(answer) as provider:
        written = icon.replace("PROVIDER", provider.url)
        text = PETDESK.replace("    icon: icon.svg\n", written)
        async with hub_with({"petdesk": text}) as hub:
            response = await hub.api.get("/connectors/petdesk/icon", auth=None)

    assert response.status_code == 200
    assert "sandbox" in response.headers["content-security-policy"]
    if letter:
        assert response.headers["content-type"] == "image/svg+xml"
        assert f">{letter}</text>" in response.text
    else:
        assert (response.headers["content-type"], response.content) == ("image/png", b"\x89PNG")


@pytest.mark.parametrize(
    ("key", "letter"),
    [("gone", "G"), ("7shifts", "7"), ("%3Cb%3E", "B"), ("___", "?"), ("ßeta", "S"), ("店", "店")],
)
async def test_an_account_whose_connector_is_not_loaded_any_more_is_no_broken_picture(
    hub: Running, key: str, letter: str
) -> None:
    response = await hub.api.get(f"/connectors/{key}/icon", auth=None)

    assert response.status_code == 200
    assert f">{letter}</text>" in response.text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Acme \u202egnp.exe", "<bdi>Acme gnp.exe</bdi>"),
        ("\u2066<b>\u2069", "<bdi>&lt;b&gt;</bdi>"),
        ("\u200b \u3164", "<bdi>acme</bdi>"),
        ("حسن", "<bdi>حسن</bdi>"),
    ],
)
async def test_a_customers_name_turns_nothing_in_the_hub_and_can_be_seen(
    hub: Running, name: str, shown: str
) -> None:
    link = await open_link(hub, origin_owner_name=name, provider="iterable")
    form = await hub.api.get(link, auth=None)
    listed = await hub.api.get(await open_link(hub, origin_owner_name=name), auth=None)
    done = await hub.api.post(
        action_of(form.text), data={"api_key": hub.us_key, "region": "us"}, auth=None
    )

    for page in (form, listed, done):
        assert shown in page.text
        assert not set("\u202e\u2066") & set(page.text)
