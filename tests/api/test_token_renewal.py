"""An account's tokens are renewed where a call needs it, once, and an account is not lost by that."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from jackfield.accounts.renewal import turns
from jackfield.db.tx import DatabaseAway
from jackfield.engine.oauth.tokens import Tokens
from tests.support.clock import NOW, FrozenClock
from tests.support.running import HubWith
from tests.support.scripted import Answer, reply
from tests.support.token_provider import (
    LIFE,
    REFUSED,
    Linked,
    document,
    named,
    sign_in,
    token_provider,
)

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def linked(hub_with: HubWith, clock: FrozenClock) -> AsyncGenerator[Linked]:
    async with (
        token_provider() as (provider, server),
        hub_with({"oat": document(server.url)}) as hub,
    ):
        account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))
        provider.calls.clear()
        yield Linked(hub, provider, account, clock)


async def test_a_call_with_an_expired_token_renews_it_first(linked: Linked) -> None:
    linked.expire()

    answer = await linked.run()

    assert answer.status_code == 200
    assert linked.provider.requests == [named("r", 1)]
    assert linked.provider.calls == [named("a", 2)]


async def test_a_good_token_is_not_renewed(linked: Linked) -> None:
    linked.clock.advance(seconds=LIFE - 60)

    await linked.run()

    assert linked.provider.requests == []


@pytest.mark.slow
async def test_five_hundred_calls_on_an_expired_token_make_one_request(
    linked: Linked, hub_database_url: str | None
) -> None:
    # So many are through within a request's minute on SQLite, however busy the machine is.
    calls = 500 if hub_database_url is None else 100
    # Time passes for the account's rate limit.
    linked.provider.extra = {"expires_in": 10**6}
    linked.expire()

    answers = await asyncio.gather(*(linked.run() for _ in range(calls)))

    assert {each.status_code for each in answers} == {200}
    assert linked.provider.requests == [named("r", 1)]
    assert set(linked.provider.calls) == {named("a", 2)}


async def test_a_call_that_is_cancelled_does_not_lose_the_token_it_asked_for(
    linked: Linked,
) -> None:
    linked.expire()
    linked.provider.held = asyncio.Event()
    call = asyncio.create_task(linked.run())
    await linked.provider.asked.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    linked.provider.held.set()

    answer = await linked.run()

    assert answer.status_code == 200
    assert linked.provider.requests == [named("r", 1)]


@pytest.mark.parametrize("given", [{}, {"refresh_token": ""}, {"refresh_token": None}])
async def test_a_refresh_token_that_is_not_given_again_stays(
    linked: Linked, given: dict[str, Any]
) -> None:
    linked.provider.answers = [
        reply(json.dumps({"access_token": "other-token", "expires_in": "3600", **given}))
    ]
    linked.provider.access = {"other-token"}
    linked.expire()
    first = await linked.run()
    linked.expire()

    second = await linked.run()

    assert (first.status_code, second.status_code) == (200, 200)
    assert linked.provider.requests == [named("r", 1)] * 2


async def test_a_provider_that_gives_the_same_tokens_again_is_believed(linked: Linked) -> None:
    same = {"access_token": named("a", 1), "refresh_token": named("r", 1), "expires_in": LIFE}
    linked.provider.answers = [reply(json.dumps(same))] * 2
    for _ in range(2):
        linked.expire()
        assert (await linked.run()).status_code == 200

    assert linked.provider.requests == [named("r", 1)] * 2
    assert linked.provider.calls == [named("a", 1)]


async def test_what_else_the_answer_gives_is_a_credential_from_then_on(linked: Linked) -> None:
    linked.provider.extra = {"tenant": "t-77"}
    linked.expire()
    await linked.run()

    rows = await linked.hub.hub.db.unscoped(
        "select field from credentials where owner_id like 'tokens:%' order by field"
    )

    assert [row["field"] for row in rows] == ["accessToken", "refreshToken", "tenant"]


async def test_a_refused_token_is_renewed_and_the_read_repeated(linked: Linked) -> None:
    linked.clock.advance(minutes=5)
    linked.provider.access = set()

    answer = await linked.run()

    assert answer.status_code == 200
    assert linked.provider.calls == [named("a", 1), named("a", 2)]
    assert await linked.status() == ("active", [])


async def test_a_refused_write_is_not_repeated_but_the_next_one_has_a_new_token(
    linked: Linked,
) -> None:
    linked.clock.advance(minutes=5)
    linked.provider.access = set()

    first = await linked.run("oat_write")
    second = await linked.run("oat_write")

    assert "send this write again" in first.json()["message"]
    assert first.json()["code"] == "provider_unauthorized"
    assert second.status_code == 200
    assert linked.provider.calls[0] == named("a", 1)
    assert linked.provider.calls[-1] == named("a", 2)
    assert await linked.status() == ("active", [])


async def test_rows_are_streamed_and_proxy_calls_sent_with_a_renewed_token(linked: Linked) -> None:
    api, headers = linked.hub.api, {"x-account-id": linked.account.id}
    linked.expire()
    rows = await api.post("/actions/rpc?stream=true", headers=headers, json={"action": "oat_rows"})
    linked.clock.advance(minutes=5)
    linked.provider.access = set()

    proxied = await api.post("/unified/proxy", headers=headers, json={"path": "/me"})

    assert (rows.status_code, proxied.json()["status"]) == (200, 200)
    assert linked.provider.requests == [named("r", 1), named("r", 2)]


async def test_a_grant_that_is_refused_twice_is_to_be_linked_again_and_stays(
    linked: Linked,
) -> None:
    linked.provider.answers = [REFUSED, REFUSED]
    linked.expire()

    refused = await linked.run()
    later = await linked.run()

    assert refused.json()["code"] == "grant_refused"
    assert refused.json()["reconnect"]["path"].endswith(f"{linked.account.id}/reconnect_link")
    assert later.json()["code"] == "account_not_usable"
    assert await linked.status() == ("error", ["needs_relink"])
    assert linked.provider.requests == [named("r", 1)] * 2


async def test_a_grant_that_is_refused_once_is_tried_once_more(linked: Linked) -> None:
    linked.provider.answers = [REFUSED]
    linked.expire()

    answer = await linked.run()

    assert answer.status_code == 200
    assert await linked.status() == ("active", [])


async def test_signing_in_again_mends_an_account_whose_grant_was_refused(linked: Linked) -> None:
    linked.provider.answers = [REFUSED, REFUSED]
    linked.expire()
    await linked.run()

    tokens = linked.provider.tokens(linked.clock.now)
    await sign_in(linked.hub.hub, linked.hub.project.id, tokens, into=linked.account)

    assert (await linked.run()).status_code == 200
    assert await linked.status() == ("active", [])


PASSING = {
    "too many": reply("{}", status=429),
    "down": reply("{}", status=503),
    "HTML": reply("<html>Maintenance</html>", headers={"content-type": "text/html"}),
    "an error as a page": reply("<html>no</html>", status=500, headers={"content-type": "text/html"}),
    "nothing in it": reply("{}"),
    "an unknown refusal": reply('{"error": "odd"}', status=400),
}  # fmt: skip


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING)
async def test_a_failure_that_may_pass_leaves_the_account_as_it_was(
    linked: Linked, answer: Answer
) -> None:
    linked.provider.answers = [answer]
    linked.expire()

    failed = await linked.run()
    then = await linked.run()

    assert failed.status_code in {429, 502, 503}
    assert then.status_code == 200
    assert await linked.status() == ("active", [])


async def test_an_outage_of_a_day_condemns_no_account(linked: Linked) -> None:
    linked.expire()
    for _ in range(24):
        linked.provider.answers = [reply("{}", status=503)] * 20
        assert (await linked.run()).status_code == 503
        linked.clock.advance(hours=1)
    linked.provider.answers = []

    assert (await linked.run()).status_code == 200
    assert await linked.status() == ("active", [])


async def test_a_token_that_is_still_good_is_used_while_none_can_be_had(linked: Linked) -> None:
    linked.provider.answers = [reply("{}", status=503)] * 5
    linked.clock.advance(seconds=LIFE - 10)

    answer = await linked.run()

    assert answer.status_code == 200
    assert linked.provider.calls == [named("a", 1)]
    assert len(linked.provider.requests) == 1


@pytest.mark.parametrize("is_known_to_end", [True, False])
async def test_a_refused_app_is_the_profiles_problem_and_noted_there(
    linked: Linked, *, is_known_to_end: bool
) -> None:
    linked.provider.answers = [reply('{"error": "invalid_client"}', status=401)] * 5
    if is_known_to_end:
        linked.expire()
    else:
        linked.clock.advance(minutes=2)
        linked.provider.access.clear()

    first = await linked.run()
    second = await linked.run()

    assert first.json()["code"] == second.json()["code"] == "oauth_client_refused"
    assert "'Oat (OAuth)'" in second.json()["message"]
    assert await linked.refused() is not None
    assert len(linked.provider.requests) == 1
    assert await linked.status() == ("active", [])
    linked.provider.answers = []
    linked.clock.advance(minutes=6)
    assert (await linked.run()).status_code == 200
    assert await linked.refused() is None


async def test_a_refusal_that_looks_like_a_success_is_one(linked: Linked) -> None:
    linked.provider.answers = [reply('{"error": "bad_refresh_token"}')] * 2
    linked.expire()

    await linked.run()

    assert await linked.status() == ("error", ["needs_relink"])


async def test_tokens_that_came_are_stored_once_the_database_is_back(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, away = turns.keep, [DatabaseAway] * 3

    async def failing(turn: turns.Turn, tokens: Tokens) -> None:
        if away:
            raise away.pop()
        await keep(turn, tokens)

    monkeypatch.setattr(turns, "keep", failing)
    linked.expire()

    answer = await linked.run()

    assert answer.status_code == 200
    assert linked.provider.requests == [named("r", 1)]
    assert away == []


async def test_tokens_that_come_late_mend_an_account_that_was_given_up(linked: Linked) -> None:
    hub, account = linked.hub.hub, linked.account
    linked.expire()
    slow = await turns.take(hub, linked.hub.project.id, account.id, 1)
    assert slow is not None
    linked.clock.advance(minutes=1)
    linked.provider.answers = [REFUSED]
    refused = await linked.run()
    before = await linked.status()

    await turns.keep(slow, linked.provider.tokens(linked.clock.now))

    # The one after a request of unknown outcome is the last.
    assert refused.json()["code"] == "grant_refused"
    assert before == ("error", ["needs_relink"])
    assert await linked.status() == ("active", [])
    assert (await linked.run()).status_code == 200


async def test_what_a_late_process_got_does_not_replace_newer_tokens(linked: Linked) -> None:
    hub, account = linked.hub.hub, linked.account
    linked.expire()
    slow = await turns.take(hub, linked.hub.project.id, account.id, 1)
    assert slow is not None
    linked.clock.advance(minutes=1)
    late = linked.provider.tokens(linked.clock.now)
    linked.provider.refresh = named("r", 1)
    await linked.run()

    await turns.keep(slow, late)

    await linked.run()
    assert linked.provider.calls[-1] == named("a", 3)
