"""A write happens once, and its outcome is told as it is."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from jackfield.actions import run_recorder
from tests.support.clock import FrozenClock
from tests.support.running import HubWith, Running
from tests.support.scripted import Answer, ScriptedServer, Seen, reply, scripted

pytestmark = pytest.mark.anyio

ACME = """
StackOne: 1.0.0
info: {{title: Acme, key: acme, version: 1.0.0, description: Things.}}
engine: strict
baseUrl: {url}
authentication:
  - token:
      type: custom
      label: Token
      authorization: {{type: bearer, token: $.credentials.token}}
      configFields: [{{key: token, label: Token, type: password, required: true, secret: true}}]
actions:
"""
ACTION = """
  - {{actionId: {name}, actionType: custom, effects: [{effect}], label: {name},
     description: d, categories: [documents],
     steps: [{{stepId: ask, stepFunction: {{functionName: request,
              parameters: {{method: {method}, url: /{name}}}}}}}], result: $.steps.ask.output.data}}
"""
WRITES = {
    "make": ("post", "write"),
    "put": ("put", "write"),
    "patch": ("patch", "write"),
    "remove": ("delete", "delete"),
    "mail": ("get", "send"),
}


async def hang_up(writer: asyncio.StreamWriter, _seen: Seen) -> None:
    writer.close()


async def hang(_writer: asyncio.StreamWriter, _seen: Seen) -> None:
    await asyncio.Event().wait()


def actions() -> str:
    every = {"list_things": ("get", "read"), "find": ("post", "search"), **WRITES}
    return "".join(
        ACTION.format(name=name, method=method, effect=effect)
        for name, (method, effect) in every.items()
    )


class Provider:
    """Answers with `then`."""

    def __init__(self, then: Answer) -> None:
        self.then = then
        self.server: ScriptedServer

    async def answer(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        await self.then(writer, seen)

    @property
    def asked(self) -> list[str]:
        return [seen.line.removesuffix(" HTTP/1.1") for seen in self.server.seen]


@asynccontextmanager
async def acme(
    hub_with: HubWith, then: Answer, *, more: str = ""
) -> AsyncGenerator[tuple[Running, str, Provider]]:
    provider = Provider(then)
    async with scripted(provider.answer) as provider.server:
        text = ACME.format(url=provider.server.url) + actions() + more
        async with hub_with({"acme": text}) as hub:
            yield hub, await hub.link_to("acme", {"token": "t" * 20}), provider


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def proxy(hub: Running, account: str, method: str, **headers: str) -> Any:
    return hub.api.post(
        "/unified/proxy",
        headers={"x-account-id": account, **headers},
        json={"method": method, "path": "/w"},
    )


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_whose_connection_is_dropped_is_sent_once_and_said_to_be_unknown(
    name: str, hub_with: HubWith
) -> None:
    async with acme(hub_with, hang_up) as (hub, account, provider):
        response = await hub.run(account, f"acme_{name}")

    assert code(response) == (502, "outcome_unknown")
    assert "may have been carried out" in response.json()["message"]
    assert "retry-after" not in response.headers
    assert provider.asked == [f"{WRITES[name][0].upper()} /{name}"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
async def test_a_write_through_the_proxy_is_sent_once_and_said_to_be_unknown(
    method: str, hub_with: HubWith
) -> None:
    async with acme(hub_with, hang_up) as (hub, account, provider):
        response = await proxy(hub, account, method)
        kept = await proxy(hub, account, method, **{"idempotency-key": "one"})
        again = await proxy(hub, account, method, **{"idempotency-key": "one"})

    assert [code(each) for each in (response, kept, again)] == [(502, "outcome_unknown")] * 3
    assert provider.asked == [f"{method.upper()} /w"] * 2


async def test_a_read_is_sent_as_often_as_the_hub_means_to_and_may_be_tried_later(
    hub_with: HubWith,
) -> None:
    async with acme(hub_with, hang_up) as (hub, account, provider):
        listed = await hub.run(account, "acme_list_things")
        times = len(provider.asked)
        found = await hub.run(account, "acme_find")
        proxied = await proxy(hub, account, "get")

    assert [code(each) for each in (listed, found, proxied)] == [(503, "provider_unavailable")] * 3
    assert times == 4
    assert provider.asked[times:].count("GET /w") == 1


async def test_a_write_that_takes_too_long_is_said_to_be_unknown(
    monkeypatch: pytest.MonkeyPatch,
    hub_with: HubWith,
) -> None:
    monkeypatch.setattr(run_recorder, "LIFE_SECONDS", 0.2)
    async with acme(hub_with, hang) as (hub, account, provider):
        made = await hub.run(account, "acme_make")
        proxied = await proxy(hub, account, "put")
        listed = await hub.run(account, "acme_find")

    assert (code(made), code(proxied)) == ((502, "outcome_unknown"), (502, "outcome_unknown"))
    assert code(listed) == (408, "request_timeout")
    assert provider.asked == ["POST /make", "PUT /w", "POST /find"]


@pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504, 505])
async def test_a_failure_of_the_provider_says_nothing_of_a_write_and_is_shown(
    status: int, hub_with: HubWith
) -> None:
    then = reply('{"message": "fell over"}', status=status)
    async with acme(hub_with, then) as (hub, account, provider):
        response = await hub.run(account, "acme_make")

    assert code(response) == (502, "outcome_unknown")
    assert "fell over" in response.json()["message"]
    assert response.json()["provider_errors"][0]["status"] == status
    assert len(provider.asked) == 1


async def test_a_write_that_the_provider_refused_may_be_sent_again(hub_with: HubWith) -> None:
    async with acme(hub_with, hang_up) as (hub, account, provider):
        answers = []
        for status in (400, 403, 404, 409, 422, 429):
            provider.then = reply('{"message": "no"}', status=status)
            answers.append(await hub.run(account, "acme_make"))

    assert [code(each) for each in answers] == [
        *[(502, "provider_rejected")] * 5,
        (429, "provider_rate_limited"),
    ]


async def test_a_write_that_never_left_may_be_sent_again(hub_with: HubWith) -> None:
    async with acme(hub_with, hang_up) as (hub, account, provider):
        provider.server.stop()
        made = await hub.run(account, "acme_make")
        proxied = await proxy(hub, account, "delete")

    assert [code(each) for each in (made, proxied)] == [(503, "provider_unavailable")] * 2


async def test_what_became_of_a_write_is_told_in_the_log_of_runs(hub_with: HubWith) -> None:
    async with acme(hub_with, hang_up) as (hub, account, _):
        await hub.run(account, "acme_remove")
        await hub.hub.write_buffer.flush()
        listed = await hub.api.post("/logs/actions", json={})

    (run,) = listed.json()["data"]
    assert (run["success"], run["status_code"]) == (False, 502)


async def test_a_write_of_unknown_outcome_is_remembered_for_ten_minutes(
    clock: FrozenClock, hub_with: HubWith
) -> None:
    async with acme(hub_with, hang_up) as (hub, account, provider):
        await hub.run(account, "acme_make")
        clock.advance(minutes=9)
        await hub.run(account, "acme_make")
        asked = len(provider.asked)
        clock.advance(minutes=2)
        await hub.run(account, "acme_make")

    assert (asked, len(provider.asked)) == (1, 2)
