"""Requests that are signed with the time, where the clocks of hub and provider differ."""

import base64
import io
import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from jackfield.engine.ports import Response
from jackfield.engine.provider_clocks import statements_of
from tests.api.test_echoes import ACME
from tests.support.clock import FrozenClock
from tests.support.running import HubWith, Running
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

KEY = "$.credentials.key"
OAUTH1 = {"strategy": "oauth1", "consumerKey": "c", "consumerSecret": KEY}
AWS = {
    "strategy": "aws4", "service": "s3", "region": "eu", "accessKeyId": KEY, "secretAccessKey": KEY,
}  # fmt: skip
TEMPLATE = {
    "strategy": "template",
    "text": "${signing.seconds}",
    "key": KEY,
    "name": "X-Sign",
    "also": [{"name": "X-Time", "value": "$.signing.seconds"}],
}
WAYS = {
    "hmac": {"strategy": "hmac"},
    "template": TEMPLATE,
    "wsse": {"strategy": "wsse", "username": "u", "password": KEY},
    "oauth1": OAUTH1,
    "netsuite": {**OAUTH1, "signatureMethod": "HMAC-SHA256", "realm": "1234567"},
    "aws4": AWS,
}
IN_QUERY = "{type: apiKey, in: query, name: k, value: $.credentials.key}"
STATED = """
  - {actionId: stated, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [
       {stepId: state, stepFunction: {functionName: sign_jwt, parameters: {
         algorithm: HS256, privateKey: $.credentials.key, claims: {iat: now, exp: now+5m}}}},
       {stepId: ask, stepFunction: {functionName: request, parameters: {method: get, url: /echo,
         args: [{name: X-Statement, in: headers, value: $.steps.state.output.token}]}}}],
     result: {data: $.steps.ask.output.data}}
"""


RENEWED = """{type: bearer, token: $.credentials.accessToken}
      refreshAuthentication:
        action:
          actionId: renew
          steps:
            - {stepId: state, stepFunction: {functionName: sign_jwt, parameters: {
                algorithm: HS256, privateKey: $.credentials.key, claims: {iat: now, exp: now+5m}}}}
            - {stepId: ask, stepFunction: {functionName: request, parameters: {
                method: post, url: /token, authorization: {type: none}, args: [
                {name: X-Statement, in: headers, value: $.steps.state.output.token}]}}}
          result: {data: {accessToken: $.steps.ask.output.data.access_token}}"""


@dataclass
class Provider:
    """A provider that refuses what was signed more than a minute ago, by its own clock."""

    clock: FrozenClock
    ahead: timedelta
    headers: dict[str, str] = field(default_factory=dict[str, str])
    count: int = 0
    before: Callable[[], None] = lambda: None

    async def answer(self, writer: Any, seen: Seen) -> None:
        self.count += 1
        self.before()
        now = self.clock() + self.ahead
        signed = signed_at(seen)
        is_late = signed is None or abs(signed - now) > timedelta(minutes=1)
        headers = {"date": format_datetime(now, usegmt=True), **self.headers}
        await reply(
            '{"access_token": "access-token-1"}', status=403 if is_late else 200, headers=headers
        )(writer, seen)


def signed_at(seen: Seen) -> datetime | None:
    """Return the time that a request was signed with."""
    headers, authorization = seen.headers, seen.headers.get("authorization", "")
    if "x-amz-date" in headers:
        return datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if "x-statement" in headers:
        claims = headers["x-statement"].split(".")[1]
        issued = json.loads(base64.urlsafe_b64decode(claims + "=="))["iat"]
        return datetime.fromtimestamp(issued, UTC)
    written = headers.get("x-timestamp") or "".join(
        re.findall(r'Created="([^"]+)"', headers.get("x-wsse", ""))
    )
    if written:
        return datetime.fromisoformat(written)
    seconds = headers.get("x-time") or "".join(
        re.findall(r'oauth_timestamp="(\d+)"', authorization)
    )
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


@asynccontextmanager
async def linked(
    hub_with: HubWith, provider: Provider, way: str
) -> AsyncGenerator[tuple[Running, str]]:
    written = {"renewed": RENEWED, "": IN_QUERY}.get(way)
    written = written or json.dumps({"type": "none", "signing": WAYS[way]})
    async with scripted(provider.answer) as server:
        text = (ACME.format(url=server.url) + STATED.lstrip("\n")).replace(IN_QUERY, written)
        text = text.replace("{key: key,", "{key: secretKey,").replace(
            KEY, "$.credentials.secretKey"
        )
        async with hub_with({"acme": text}) as hub:
            yield hub, await hub.link_to("acme", {"secretKey": "a-signing-secret-of-acme-corp"})


@pytest.mark.parametrize("minutes", [10, -10])
@pytest.mark.parametrize("way", WAYS)
async def test_request_is_signed_by_the_clock_of_its_provider(
    hub_with: HubWith, clock: FrozenClock, log_lines: io.StringIO, way: str, minutes: int
) -> None:
    provider = Provider(clock, timedelta(minutes=minutes))
    async with linked(hub_with, provider, way) as (hub, account):
        first = await hub.run(account, "acme_echo")
        tried = provider.count
        again = await hub.run(account, "acme_echo")
        proxied = await hub.api.post(
            "/unified/proxy", headers={"x-account-id": account}, json={"path": "/echo"}
        )

    assert (first.status_code, again.status_code, proxied.status_code) == (200, 200, 200)
    # The first is refused, and says what time it is there.
    assert (tried, provider.count) == (2, 4)
    assert log_lines.getvalue().count("clock_skew") == 1


@pytest.mark.parametrize(("method", "statuses"), [("get", [200, 200]), ("post", [403, 200])])
async def test_proxied_read_is_sent_again_and_a_write_is_not(
    hub_with: HubWith, clock: FrozenClock, method: str, statuses: list[int]
) -> None:
    provider, body = Provider(clock, timedelta(minutes=-10)), {"path": "/echo", "method": method}
    async with linked(hub_with, provider, "hmac") as (hub, account):
        headers = {"x-account-id": account}
        sent = [await hub.api.post("/unified/proxy", headers=headers, json=body) for _ in "12"]

    assert [each.json()["status"] for each in sent] == statuses
    assert provider.count == (3 if method == "get" else 2)


async def test_statement_of_a_step_is_dated_by_the_clock_that_refused_the_one_before(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    provider = Provider(clock, timedelta(minutes=10))
    async with linked(hub_with, provider, "") as (hub, account):
        first = await hub.run(account, "acme_stated")
        again = await hub.run(account, "acme_stated")

    assert first.status_code >= 400
    assert again.status_code == 200


async def test_renewal_whose_statement_was_refused_for_its_time_is_done_again_at_once(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    provider = Provider(clock, timedelta(minutes=10))
    async with linked(hub_with, provider, "renewed") as (hub, account):
        found = (await hub.api.get(f"/accounts/{account}")).json()

    assert found["status"] == "active"
    assert provider.count == 2


async def test_clock_that_answers_one_account_dates_no_statement_of_another(
    hub_with: HubWith, clock: FrozenClock, log_lines: io.StringIO
) -> None:
    provider = Provider(clock, timedelta(minutes=10))
    async with linked(hub_with, provider, "") as (hub, account):
        await hub.run(account, "acme_stated")
        await hub.run(account, "acme_stated")
        provider.ahead = timedelta()
        key = {"secretKey": "a-signing-secret-of-another-corp"}
        other = await hub.link_to("acme", key, origin_owner_id="someone-else")
        ran = await hub.run(other, "acme_stated")
        provider.ahead = timedelta(minutes=10)
        await hub.run(other, "acme_stated")

    assert ran.status_code == 200
    (told,) = [line for line in log_lines.getvalue().splitlines() if "clock_skew" in line]
    assert "statements of acme" in told
    assert account not in told


async def test_renewal_without_an_answer_is_not_repeated_for_a_clock_learned_meanwhile(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    provider = Provider(clock, timedelta())
    async with linked(hub_with, provider, "renewed") as (hub, _):
        place = statements_of(
            "acme", {"projectSecureId": hub.project.id, "originOwnerId": "unlucky"}
        )
        date = {"date": format_datetime(clock() + timedelta(minutes=10), usegmt=True)}

        def break_off() -> None:
            refused = Response(403, date, b"")
            hub.hub.clocks.learn(place, refused, sent=clock(), received=clock())
            raise ConnectionError

        provider.count, provider.before = 0, break_off
        session = await hub.session(provider="acme", origin_owner_id="unlucky")
        key = {"secretKey": "a-signing-secret-of-acme-corp"}
        failed = await hub.submit(session["token"], key, provider="acme")

    assert failed.status_code >= 500
    assert provider.count == 1


@pytest.mark.parametrize("told", ["by a cache", "two days off", "nothing"])
async def test_time_that_is_not_the_providers_is_not_learned(
    hub_with: HubWith, clock: FrozenClock, told: str
) -> None:
    ahead = timedelta(days=2) if told == "two days off" else timedelta(minutes=10)
    headers = {"by a cache": {"age": "600"}, "nothing": {"date": ""}}.get(told, {})
    provider = Provider(clock, ahead, headers)
    async with linked(hub_with, provider, "hmac") as (hub, account):
        await hub.run(account, "acme_echo")
        await hub.run(account, "acme_echo")

    assert provider.count == 2


async def test_clock_that_is_set_right_is_taken_at_its_word(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    provider = Provider(clock, timedelta(minutes=10))
    async with linked(hub_with, provider, "hmac") as (hub, account):
        await hub.run(account, "acme_echo")
        provider.ahead = timedelta()
        then = await hub.run(account, "acme_echo")

    assert then.status_code == 200
    assert provider.count == 4


async def test_request_that_is_not_signed_teaches_nothing(
    hub_with: HubWith, clock: FrozenClock, log_lines: io.StringIO
) -> None:
    provider = Provider(clock, timedelta(minutes=10))
    async with linked(hub_with, provider, "") as (hub, account):
        await hub.run(account, "acme_echo")
        await hub.run(account, "acme_echo")

    assert provider.count == 2
    assert "clock_skew" not in log_lines.getvalue()
