"""A provider is asked no faster than its connector says, account by account."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

ACME = """\
StackOne: 1.0.0
engine: strict
info: {{title: Acme, key: acme, version: 1.0.0, description: Things.}}
baseUrl: {url}
{limits}
authentication:
  - token:
      type: custom
      label: Token
      authorization: {{type: bearer, token: $.credentials.token}}
      configFields:
        - {{key: token, label: Token, type: password, required: true, secret: true}}
actions:
  - actionId: list_things
    label: List things
    description: List things.
    categories: [documents]
    actionType: list
    effects: [read]
    inputs: []
    steps:
      - stepId: list
        stepFunction: {{functionName: request, parameters: {{{extra}url: /things, method: get}}}}
    result: {{data: $.steps.list.output.data}}
"""


def connectors(tmp_path: Path, url: str, limits: str, extra: str = "") -> Path:
    folder = tmp_path / "connectors" / "acme"
    folder.mkdir(parents=True)
    text = ACME.format(url=url, limits=limits, extra=extra)
    (folder / "acme.connector.s1.yaml").write_text(text, encoding="utf-8")
    return folder.parent


async def link(hub: Running) -> str:
    session = await hub.session(provider="acme", multiple=True)
    response = await hub.submit(session["token"], {"token": "t" * 20}, provider="acme")
    assert response.status_code == 201, response.text
    return response.json()["id"]


async def waited(clock: FrozenClock, *calls: Any) -> list[float]:
    """Make calls one after the other; return how many seconds each waited for its turn."""
    waits: list[float] = []
    for call in calls:
        before = clock.now
        response = await call()
        assert response.status_code == 200, response.text
        waits.append((clock.now - before).total_seconds())
    return waits


async def test_what_an_account_asks_too_fast_waits_and_another_account_does_not(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with (
        scripted(reply("[]")) as provider,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            connectors=connectors(tmp_path, provider.url, "rateLimit: {mainRatelimit: 2}"),
            allow_private_networks=True,
        ) as hub,
    ):
        one, other = await link(hub), await link(hub)

        def run(account_id: str) -> Any:
            return lambda: hub.run(account_id, "acme_list_things")

        def proxy(account_id: str) -> Any:
            return lambda: hub.api.post(
                "/unified/proxy",
                headers={"x-account-id": account_id},
                json={"path": "/things"},
            )

        first, second, third, raw = await waited(clock, run(one), run(one), run(one), proxy(one))
        (others,) = await waited(clock, run(other))

    assert (first, second, others) == (0, 0, 0)
    assert 0 < third < raw


async def test_no_more_requests_of_an_account_are_under_way_than_its_provider_takes(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    under_way = most = 0

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(20):
            await asyncio.sleep(0)
        under_way -= 1
        await reply("[]")(writer, seen)

    limits = "concurrency: {mainMaxConcurrency: 2}"
    async with (
        scripted(answer) as provider,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            connectors=connectors(tmp_path, provider.url, limits),
            allow_private_networks=True,
        ) as hub,
    ):
        account_id = await link(hub)
        answers = await asyncio.gather(*[hub.run(account_id, "acme_list_things") for _ in range(8)])

    assert {answer.status_code for answer in answers} == {200}
    assert most == 2


async def test_an_answer_that_may_be_kept_is_asked_for_once_an_account_and_time(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with (
        scripted(reply('[{"n": 1}]')) as provider,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            connectors=connectors(tmp_path, provider.url, "", "cacheTTL: 1, "),
            allow_private_networks=True,
        ) as hub,
    ):
        one, other = await link(hub), await link(hub)
        answers = [await hub.run(one, "acme_list_things") for _ in range(3)]
        await hub.run(other, "acme_list_things")
        asked = len(provider.seen)
        clock.advance(seconds=61)
        await hub.run(one, "acme_list_things")

    assert [answer.json()["data"] for answer in answers] == [[{"n": 1}]] * 3
    assert (asked, len(provider.seen)) == (2, 3)


async def test_limits_of_a_provider_hold_where_it_is_sent_elsewhere_as_well(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    origin = "https://api.acme.example"
    async with (
        scripted(reply("[]")) as provider,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            connectors=connectors(tmp_path, origin, "rateLimit: {mainRatelimit: 1}"),
            rewrite={origin: provider.url},
        ) as hub,
    ):
        account_id = await link(hub)
        first, second = await waited(
            clock, *[lambda: hub.run(account_id, "acme_list_things") for _ in range(2)]
        )

    assert first == 0
    assert 0 < second <= 1


async def test_what_is_passed_on_as_it_comes_waits_for_its_turn_as_well(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with (
        scripted(reply('{"channels": [{"id": 1}]}')) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account_id = await hub.link()

        def export() -> Any:
            return hub.api.post(
                "/actions/rpc?stream=true",
                headers={"x-account-id": account_id},
                json={
                    "action": "iterable_export_data_json",
                    "query": {"dataTypeName": "user", "range": "All"},
                },
            )

        waits = await waited(clock, *[export] * 5)

    assert waits[:4] == [0, 0, 0, 0]
    assert 10 < waits[4] <= 15
