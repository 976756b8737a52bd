"""A provider that takes its time."""

import asyncio

import pytest

from jackfield.engine.limits import DEFAULT_CONCURRENCY
from tests.support.running import PATIENCE, HubWith, Running
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

CONNECTOR = """\
StackOne: 1.0.0
engine: strict
info: {{title: {key}, key: {key}, version: 1.0.0, description: Things.}}
baseUrl: {url}
authentication:
  - token:
      type: custom
      label: Token
      authorization: {{type: bearer, token: $.credentials.token}}
      environments: [{{key: production, name: Production}}]
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
      - stepId: ask
        stepFunction: {{functionName: request, parameters: {{url: /things, method: get}}}}
    result: {{data: $.steps.ask.output.data}}
"""
MANY = 60


async def link(hub: Running, provider: str, token: str) -> str:
    return await hub.link_to(provider, {"token": token}, origin_owner_id=token)


async def test_a_slow_provider_keeps_no_other_waiting(hub_with: HubWith) -> None:
    let_go, all_wait = asyncio.Event(), asyncio.Event()
    waiting = 0

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        nonlocal waiting
        if "slow" in seen.headers["authorization"]:
            waiting += 1
            # The others wait in the hub: an account has so many requests at once.
            if waiting == DEFAULT_CONCURRENCY:
                all_wait.set()
            await let_go.wait()
        await reply('{"id": 1}')(writer, seen)

    async with scripted(answer) as provider:
        texts = {key: CONNECTOR.format(key=key, url=provider.url) for key in ("acme", "other")}
        async with hub_with(texts) as hub:
            slow = await link(hub, "acme", "slow-token-1234567890")
            same = await link(hub, "acme", "quick-token-1234567890")
            another = await link(hub, "other", "other-token-1234567890")
            held = [asyncio.create_task(hub.run(slow, "acme_list_things")) for _ in range(MANY)]
            async with asyncio.timeout(PATIENCE):
                await all_wait.wait()
                quick = [
                    await hub.run(same, "acme_list_things"),
                    await hub.run(another, "other_list_things"),
                    await hub.api.get("/accounts"),
                    await hub.api.get("/readyz"),
                ]
            still_held = [each for each in held if not each.done()]
            let_go.set()
            late = await asyncio.gather(*held)

    assert [each.status_code for each in quick] == [200] * 4
    assert len(still_held) == MANY
    assert {each.status_code for each in late} == {200}
