"""Fields that are asked for only if others say so; the server decides which."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_hub_page import action_of
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import reply, scripted

pytestmark = pytest.mark.anyio

CONNECTOR = """
StackOne: 1.0.0
info: {title: Acme, key: acme, version: 1.0.0, description: Things.}
baseUrl: https://api.acme.example
authentication:
  - token:
      type: custom
      label: Token
      authorization: {type: bearer, token: $.credentials.key}
      configFields:
        - {key: site, label: Site, type: text, required: true, value: main}
        - key: kind
          label: Kind
          type: select
          required: true
          options: [{value: token, label: A key}, {value: user, label: A user}]
        - {key: key, label: The key, type: password, required: true, secret: true,
           condition: "{{credentials.kind == 'token'}}"}
        - {key: user, label: The user, type: text, required: true,
           condition: "{{credentials.kind == 'user'}}"}
        - {key: never, label: Never, type: text, required: true, condition: "{{1 == 2}}"}
        - {key: address, label: Address, type: text, readOnly: true,
           value: "https://${credentials.site}.acme.example"}
      configNotices:
        - {key: above, type: warning, description: Read this first.}
        - {key: beside, type: info, description: Ask your manager., anchor: user}
        - {key: below, type: info, description: Nothing is sent yet., position: bottom}
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
          parameters: {url: /things, method: get}
    result:
      data: $.steps.fetch.output.data
"""


@pytest.fixture
async def acme(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> AsyncGenerator[Running]:
    folder = tmp_path / "connectors" / "acme"
    folder.mkdir(parents=True)
    (folder / "acme.connector.s1.yaml").write_text(CONNECTOR, encoding="utf-8")
    async with (
        scripted(reply("{}")) as provider,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            connectors=folder.parent,
            rewrite={"https://api.acme.example": provider.url},
        ) as hub,
    ):
        yield hub


async def form(hub: Running, **typed: str) -> str:
    session = await hub.session(provider="acme")
    link = session["auth_link_url"].removeprefix("https://hub.test")
    page = await hub.api.get(link, auth=None)
    if typed:
        page = await hub.api.post(action_of(page.text), data={**typed, "_refresh": "1"}, auth=None)
    assert page.status_code == 200, page.text
    return page.text


def asked(html: str) -> list[str]:
    return re.findall(r'<(?:label for|span class="name" id)="field-(\w+?)(?:-label)?"', html)


async def test_the_form_starts_with_what_is_asked_of_everybody(acme: Running) -> None:
    assert asked(await form(acme)) == ["site", "kind", "address"]


@pytest.mark.parametrize(("kind", "more"), [("token", "key"), ("user", "user")])
async def test_a_choice_brings_the_fields_that_belong_to_it(
    acme: Running, kind: str, more: str
) -> None:
    html = await form(acme, kind=kind, site="north")

    assert asked(html) == ["site", "kind", more, "address"]
    assert 'value="https://north.acme.example"' in html


async def test_notices_stand_where_the_connector_says(acme: Running) -> None:
    html = await form(acme, kind="user")

    places = [
        html.index(text)
        for text in ("Read this first.", "field-site", "Ask your manager.", 'for="field-user"')
    ]
    assert places == sorted(places)
    assert html.index("Nothing is sent yet.") > html.index('for="field-address"')
    assert "Ask your manager." not in await form(acme, kind="token")


async def test_only_what_is_asked_for_must_be_filled_in(acme: Running) -> None:
    session = await acme.session(provider="acme")
    missing = await acme.submit(session["token"], {"kind": "user"}, provider="acme")

    linked = await acme.submit(
        session["token"], {"site": "north", "kind": "user", "user": "ada"}, provider="acme"
    )

    assert missing.json()["message"] == "The user is required."
    assert linked.status_code == 201, linked.text
    account = (await acme.api.get(f"/accounts/{linked.json()['id']}")).json()
    assert account["setup_information"] == {
        "site": "north",
        "kind": "user",
        "user": "ada",
        "address": "https://north.acme.example",
    }


async def test_a_component_that_cannot_ask_again_gets_all_that_may_come_to_be_asked(
    acme: Running,
) -> None:
    session = await acme.session(provider="acme")
    headers = {"x-hub-session-token": session["token"]}
    (offered,) = (await acme.api.get("/hub/connectors", headers=headers)).json()["integrations"]

    shown = await acme.api.get(f"/hub/connectors/{offered['integration_id']}", headers=headers)

    fields = shown.json()["config"]["configFields"]
    assert [(field["key"], field["required"]) for field in fields] == [
        ("site", True),
        ("kind", True),
        ("key", False),
        ("user", False),
        ("address", False),
    ]
    assert fields[0]["value"] == "main"


async def test_the_token_for_triggers_stands_in_the_form_to_be_copied(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> None:
    folder = tmp_path / "connectors" / "acme"
    folder.mkdir(parents=True)
    field = "- {key: external-trigger-token, label: Trigger, type: text, readOnly: true}"
    written = CONNECTOR.replace("configFields:", f"configFields:\n        {field}")
    (folder / "acme.connector.s1.yaml").write_text(written, encoding="utf-8")
    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, connectors=folder.parent
    ) as hub:
        session = await hub.session(provider="acme")
        link = session["auth_link_url"].removeprefix("https://hub.test")
        page = await hub.api.get(link, auth=None)

    shown = re.search(r'<input[^>]*name="external-trigger-token"[^>]*>', page.text)
    assert shown is not None
    assert f'value="{session["external_trigger_token"]}"' in shown[0]
    assert "readonly" in shown[0]
