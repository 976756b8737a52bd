"""Sign-ins whose code comes by webhook, before or after the browser comes back."""

import hmac
import io
from base64 import urlsafe_b64encode

import httpx2
import pytest

from jackfield.worker import pruning
from tests.support.clock import FrozenClock
from tests.support.oakdale import SECRET, SENDS_CODES, Browser, about_code, oakdale
from tests.support.running import HubWith, Running

pytestmark = pytest.mark.anyio

DATED = SENDS_CODES.replace(
    "signatureHeader: Oakdale-Hook-Signature",
    "signatureHeader: Oakdale-Hook-Signature\n"
    "            signaturePrefix: 'v1='\n"
    "            signatureEncoding: base64url\n"
    "            timestampHeader: Oakdale-Hook-Time",
)


async def address(hub: Running) -> str:
    (profile,) = (await hub.api.get("/connector_profiles?connector_key=oakdale")).json()["data"]
    return profile["code_webhook_uri"].removeprefix("https://hub.test")


async def send(hub: Running, body: bytes, *, to: str = "", key: str = SECRET) -> httpx2.Response:
    signature = hmac.digest(key.encode(), body, "sha256").hex()
    headers = {"oakdale-hook-signature": signature}
    return await Browser.of(hub).client.post(
        to or await address(hub), content=body, headers=headers
    )


@pytest.mark.database
@pytest.mark.parametrize("first", ["webhook", "browser"])
async def test_account_is_linked_by_a_code_that_came_by_webhook_in_either_order(
    hub_with: HubWith, first: str, log_lines: io.StringIO
) -> None:
    async with oakdale(hub_with, SENDS_CODES) as (hub, provider):
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        if first == "webhook":
            assert (await send(hub, about_code("the-code", "i-1"))).status_code == 204
        await browser.come_back(installation="i-1", state=asked["state"])
        waiting = (await browser.attempt(asked))["status"]
        if first == "browser":
            await send(hub, about_code("c-2", "i-2"))
            assert (await browser.attempt(asked))["status"] == "pending"
            await send(hub, about_code("the-code", "i-1"))
        ended = await browser.attempt(asked)

    (exchange,) = provider.exchanges
    assert (exchange["code"], exchange["installation"]) == ("the-code", "i-1")
    assert exchange["code_verifier"]
    assert waiting == ("authenticated" if first == "webhook" else "pending")
    assert ended["status"] == "authenticated"
    assert "the-code" not in log_lines.getvalue()


async def test_page_of_a_sign_in_whose_code_is_awaited_says_so_and_goes_on_by_itself(
    hub_with: HubWith,
) -> None:
    async with oakdale(hub_with, SENDS_CODES) as (hub, _):
        browser = Browser.of(hub)
        start = await browser.fill_in((await hub.session(provider="oakdale"))["auth_link_url"])
        asked = await browser.start(start)
        page = await browser.come_back(installation="i-1", state=asked["state"])
        await send(hub, about_code("c-1", "i-1"))
        linked = await browser.get(str(page.url))

    assert 'http-equiv="refresh"' in page.text
    assert "Waiting for Oakdale" in page.text
    assert "Oakdale is connected" in linked.text


@pytest.mark.parametrize("forged", ["unsigned", "wrong key", "other body", "no such profile"])
async def test_webhook_that_the_provider_did_not_sign_changes_nothing(
    hub_with: HubWith, forged: str
) -> None:
    async with oakdale(hub_with, SENDS_CODES) as (hub, provider):
        browser, body, to = Browser.of(hub), about_code("c-1", "i-1"), await address(hub)
        asked = await browser.leave(hub)
        await browser.come_back(installation="i-1", state=asked["state"])
        if forged == "unsigned":
            refused = await browser.client.post(to, content=body)
        elif forged == "wrong key":
            refused = await send(hub, body, key="guessed")
        elif forged == "other body":
            signature = hmac.digest(SECRET.encode(), about_code("c-0", "i-1"), "sha256").hex()
            headers = {"oakdale-hook-signature": signature}
            refused = await browser.client.post(to, content=body, headers=headers)
        else:
            refused = await send(hub, body, to=f"{to[:-4]}0000")
        ended = await browser.attempt(asked)

    assert (refused.status_code, refused.content) == (401, b"")
    assert ended["status"] == "pending"
    assert provider.exchanges == []


async def test_code_is_used_once_even_if_its_webhook_is_sent_again(hub_with: HubWith) -> None:
    async with oakdale(hub_with, SENDS_CODES) as (hub, provider):
        browser = Browser.of(hub)
        await send(hub, about_code("c-1", "i-1"))
        asked = await browser.leave(hub)
        await browser.come_back(installation="i-1", state=asked["state"])
        again = await send(hub, about_code("c-1", "i-1"))
        other = Browser.of(hub)
        second = await other.leave(hub)
        await other.come_back(installation="i-1", state=second["state"])
        ended = await other.attempt(second)

    assert again.status_code == 204
    assert [each["code"] for each in provider.exchanges] == ["c-1"]
    assert ended["status"] == "pending"


async def test_code_of_one_profile_is_not_given_to_a_sign_in_of_another(hub_with: HubWith) -> None:
    async with oakdale(hub_with, SENDS_CODES) as (hub, provider):
        key = await hub.key(project="other")
        profile = {
            "connector_key": "oakdale",
            "setup": {"clientId": "app-2", "clientSecret": "theirs"},
            "default": True,
        }
        theirs = await Browser.of(hub).client.post(
            "/connector_profiles", json=profile, auth=httpx2.BasicAuth(key, "")
        )
        to = theirs.json()["code_webhook_uri"].removeprefix("https://hub.test")
        stolen = await send(hub, about_code("c-1", "i-1"), to=to, key=SECRET)
        kept = await send(hub, about_code("c-1", "i-1"), to=to, key="theirs")
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        await browser.come_back(installation="i-1", state=asked["state"])
        ended = await browser.attempt(asked)

    assert (stolen.status_code, kept.status_code) == (401, 204)
    assert ended["status"] == "pending"
    assert provider.exchanges == []


async def test_webhook_may_be_about_something_else_but_not_longer_than_it_needs(
    hub_with: HubWith,
) -> None:
    async with oakdale(hub_with, SENDS_CODES) as (hub, _):
        others = [
            (await send(hub, body)).status_code
            for body in (
                b"{}",
                b"no JSON",
                b'{"data": {"installation": {"uuid": "i", "code": 1.5}}}',
            )
        ]
        too_long = await send(hub, about_code("c" * 70_000, "i-1"))

    assert others == [204, 204, 204]
    assert too_long.status_code == 401


@pytest.mark.database
async def test_code_and_the_sign_in_that_waits_for_one_end_after_a_quarter_of_an_hour(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    async with oakdale(hub_with, SENDS_CODES) as (hub, provider):
        browser = Browser.of(hub)
        await send(hub, about_code("c-1", "i-1"))
        clock.advance(minutes=16)
        asked = await browser.leave(hub)
        await browser.come_back(installation="i-1", state=asked["state"])
        late = await browser.attempt(asked)
        await pruning.prune(hub.hub)
        left = await hub.hub.db.unscoped(
            "select owner_id from credentials where owner_id like 'cod%'"
        )
        waiting = await hub.hub.db.unscoped("select id from sent_codes")
        clock.advance(minutes=16)
        await send(hub, about_code("c-2", "i-1"))
        over = await browser.attempt(asked)

    assert (late["status"], over["status"]) == ("pending", "expired")
    assert (left, waiting) == ([], [])
    assert provider.exchanges == []


async def test_time_that_is_signed_has_to_be_that_of_now(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    async with oakdale(hub_with, DATED) as (hub, _):
        browser, to, body = Browser.of(hub), await address(hub), about_code("c-1", "i-1")
        statuses = list[int]()
        for sent in (clock().timestamp() - 301, clock().timestamp() + 301, clock().timestamp()):
            time = str(int(sent))
            raw = hmac.digest(SECRET.encode(), f"{time}.".encode() + body, "sha256")
            signature = urlsafe_b64encode(raw).decode().rstrip("=")
            headers = {"oakdale-hook-time": time, "oakdale-hook-signature": f"v1={signature}"}
            answer = await browser.client.post(to, content=body, headers=headers)
            statuses.append(answer.status_code)

    assert statuses == [401, 401, 204]


async def test_installation_that_began_there_is_linked_by_the_code_of_the_webhook(
    hub_with: HubWith,
) -> None:
    text = SENDS_CODES.replace("callback:\n", "callback:\n          mayStartThere: true\n")
    async with oakdale(hub_with, text) as (hub, provider):
        browser = Browser.of(hub)
        await send(hub, about_code("c-9", "i-9"))
        await browser.come_back(installation="i-9")
        asked = await browser.leave(hub)
        await browser.shown(
            await browser.client.post("/connect/oauth2/oakdale/parked", data={"use": "1"})
        )
        ended = await browser.attempt(asked)

    assert ended["status"] == "authenticated"
    assert provider.exchanges[0]["code"] == "c-9"
