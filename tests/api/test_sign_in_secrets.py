"""What is secret about a sign-in, where a provider quotes it."""

import json
from io import StringIO
from urllib.parse import quote

import pytest

from tests.support.clock import FrozenClock
from tests.support.oakdale import OAKDALE, SECRET, Browser, oakdale
from tests.support.running import OWNER, HubWith
from tests.support.scripted import reply, scripted
from tests.support.shredding import opens, shredding_keys

pytestmark = pytest.mark.anyio

CODE = "c-0f3a9d77e5"


@pytest.mark.parametrize("status", [200, 400, 503])
async def test_what_a_provider_quotes_of_a_sign_in_is_told_nowhere(
    hub_with: HubWith, log_lines: StringIO, status: int
) -> None:
    async with oakdale(hub_with) as (hub, provider):
        provider.quotes, provider.status = ("code", "code_verifier", "client_secret"), status
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        page = await browser.come_back(code=CODE, state=asked["state"])
        ended = await browser.attempt(asked)
        sessions = (await hub.api.get("/jackfield/connect_sessions")).text
        kept = await hub.hub.db.unscoped("select * from sign_ins")
        verifier = provider.exchanges[0]["code_verifier"]

    told = "\n".join((page.text, json.dumps(ended), sessions, log_lines.getvalue(), str(kept)))
    assert "no: " in ended["error"]["description"]
    for secret in (CODE, verifier, SECRET, asked["state"], asked["token"]):
        assert secret not in told


@pytest.mark.parametrize("hub_database_url", ["sqlite"], indirect=True)
async def test_what_is_asked_for_tokens_in_a_query_stands_in_no_log_and_no_error(
    hub_with: HubWith, clock: FrozenClock, log_lines: StringIO
) -> None:
    text = OAKDALE.replace("/token\n", "/token\n        tokenRequest: {encoding: query}\n")
    async with oakdale(hub_with, text) as (hub, provider):
        told: list[str] = []
        for provider.status in (503, 200):
            browser = Browser.of(hub)
            asked = await browser.leave(hub)
            page = await browser.come_back(code=CODE, state=asked["state"])
            told += [page.text, str(ended := await browser.attempt(asked))]
        clock.advance(hours=2)
        provider.status = 400
        told.append((await hub.run(ended["account"]["id"], "oakdale_me")).text)
        tables = await hub.hub.db.unscoped("select name from sqlite_master where type = 'table'")
        told += [str(await hub.hub.db.unscoped(f"select * from {each['name']}")) for each in tables]  # pyright: ignore[reportArgumentType]
        told.append(log_lines.getvalue())
        assert provider.server is not None
        lines = [seen.line for seen in provider.server.seen if " /token" in seen.line]

    assert len(lines) == 3
    assert CODE in lines[0]
    assert "refresh_token=refresh-token-1" in lines[2]
    for secret in (
        CODE,
        quote(SECRET, safe=""),
        SECRET,
        "refresh-token-1",
        "access-token-1",
        "/token?",
    ):
        assert secret not in "\n".join(told)


async def test_secret_of_the_operator_goes_to_no_host_that_a_person_typed(
    hub_with: HubWith,
) -> None:
    text = OAKDALE.replace("https://login.oakdale.example/token", "${credentials.site}/token")
    text = text.replace("key: workspace", "key: site")
    async with scripted(reply()) as theirs, oakdale(hub_with, text) as (hub, _):
        ended: list[str] = []
        for site in (theirs.url, "https://login.oakdale.example"):
            browser = Browser.of(hub, "oakdale", site=site)
            asked = await browser.leave(hub)
            await browser.come_back(code="c-1", state=asked["state"])
            attempt = await browser.attempt(asked)
            ended.append((attempt["error"] or {}).get("code") or attempt["status"])

    assert theirs.seen == []
    assert ended == ["egress_blocked", "authenticated"]


async def test_sign_in_of_another_session_or_project_is_not_there(hub_with: HubWith) -> None:
    async with oakdale(hub_with) as (hub, _):
        browser, stranger = Browser.of(hub), Browser.of(hub).client
        asked = await browser.leave(hub)
        key = await hub.key(project="other")
        foreign = await hub.api.post("/connect_sessions", json=OWNER, auth=(key, ""))
        tokens = [(await hub.session(provider="oakdale"))["token"], foreign.json()["token"]]
        place = f"/connect/sign-ins/{asked['attempt']}"
        seen = [
            (await stranger.request(method, path, headers={"x-hub-session-token": token}))
            for token in tokens
            for method, path in (
                ("GET", f"/hub/connection_attempts/{asked['attempt']}"),
                ("DELETE", f"/hub/connection_attempts/{asked['attempt']}"),
                ("GET", f"{place}/result"),
                ("POST", f"{place}/tenant"),
            )
        ]
        after = await browser.attempt(asked)

    assert [each.status_code for each in seen] == [404] * 8
    assert after["status"] == "pending"


async def test_once_a_sign_in_has_ended_no_copy_of_what_was_kept_for_it_opens(
    hub_with: HubWith,
) -> None:
    async with oakdale(hub_with) as (hub, _):
        browser = Browser.of(hub)
        for ends in (True, False):
            asked = await browser.leave(hub)
            attempt = asked["attempt"]
            copied = await hub.hub.db.unscoped(
                "select * from credentials where owner_id = :attempt", attempt=attempt
            )
            known = await shredding_keys(hub)
            if ends:
                await browser.come_back(code=CODE, state=asked["state"])
            else:
                await browser.client.delete(
                    f"/hub/connection_attempts/{attempt}",
                    headers={"x-hub-session-token": asked["token"]},
                )
            left = await shredding_keys(hub)

            assert copied
            assert all(opens(hub.hub.vault, row, known[attempt]) for row in copied)
            assert not any(
                opens(hub.hub.vault, row, key) for row in copied for key in left.values()
            )
