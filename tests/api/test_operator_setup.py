"""What an operator sets up for a connector once, and every account's requests carry."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_profiles import create
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

OPERATED = """\
StackOne: 1.0.0
info: {title: Acme, key: acme, version: 1.0.0, description: Things.}
baseUrl: https://api.acme.example
authentication:
  - token:
      type: custom
      label: Token
      authorization: {type: bearer, token: $.credentials.token}
      setupFields:
        - {key: appKey, label: App key, type: password, required: true, secret: true}
      configFields:
        - {key: token, label: Token, type: password, required: true, secret: true}
      testActions:
        - action: list_things
          required: true
actions:
  - actionId: list_things
    label: List things
    description: List all things.
    categories: [documents]
    actionType: list
    steps:
      - stepId: fetch
        stepFunction:
          functionName: request
          parameters:
            url: /things
            method: get
            args:
              - {name: x-app-key, value: $.credentials.appKey, in: headers}
    result:
      data: $.steps.fetch.output.data
"""


@pytest.fixture
async def operated(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> AsyncGenerator[tuple[Running, list[Seen]]]:
    """Run a hub with a connector that needs an operator's key, and yield what it asks."""
    folder = tmp_path / "connectors" / "acme"
    folder.mkdir(parents=True)
    (folder / "acme.connector.s1.yaml").write_text(OPERATED, encoding="utf-8")

    async def echo(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await reply(f'{{"said": "{seen.headers.get("x-app-key")}"}}')(writer, seen)

    async with (
        scripted(echo) as provider,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            connectors=folder.parent,
            rewrite={"https://api.acme.example": provider.url},
        ) as hub,
    ):
        yield hub, provider.seen


async def test_what_the_operator_set_up_goes_with_every_request_and_comes_back_with_none(
    operated: tuple[Running, list[Seen]],
) -> None:
    hub, seen = operated
    before = await hub.api.get("/connector_profiles?connector_key=acme")
    missing = await create(hub, "acme")
    await create(hub, "acme", setup={"appKey": "operators-own-key"})
    session = await hub.session(provider="acme")
    linked = await hub.submit(session["token"], {"token": "t" * 20}, provider="acme")

    response = await hub.run(linked.json()["id"], "acme_list_things")

    assert before.json()["total"] == 0
    assert missing.json()["faults"][0]["path"] == "setup.appKey"
    assert linked.status_code == 201
    assert [each.headers["x-app-key"] for each in seen] == ["operators-own-key"] * 2
    assert response.json()["data"] == {"said": "[redacted]"}


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("$.credentials.accessToken", 501),
        ("${credentials['accessToken']}", 501),
        ("$.credentials.token", 201),
        ("{{credentials.accessToken || credentials.token}}", 201),
    ],
)
async def test_a_method_whose_token_only_a_sign_in_gives_links_no_account_without_one(
    tmp_path: Path, data_dir: Path, sandbox: Any, token: str, status: int
) -> None:
    folder = tmp_path / "connectors" / "acme"
    folder.mkdir(parents=True)
    signing_in = OPERATED.replace("type: custom", "type: oauth2").replace(
        "{type: bearer, token: $.credentials.token}", f'{{type: oauth2, token: "{token}"}}'
    )
    (folder / "acme.connector.s1.yaml").write_text(signing_in, encoding="utf-8")
    async with (
        scripted(reply("{}")) as provider,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=FrozenClock(),
            connectors=folder.parent,
            rewrite={"https://api.acme.example": provider.url},
        ) as hub,
    ):
        await create(hub, "acme", setup={"appKey": "operators-own-key"})
        session = await hub.session(provider="acme")

        linked = await hub.submit(session["token"], {"token": "t" * 20}, provider="acme")
        accounts = (await hub.api.get("/accounts")).json()

    assert linked.status_code == status
    if status == 501:
        assert linked.json()["code"] == "sign_in_not_offered"
    assert (len(accounts), len(provider.seen)) == ((1, 1) if status == 201 else (0, 0))
