"""Where an account's secrets go: to the address they were typed for, and to no other."""

import asyncio
import html
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jackfield.accounts.credentials import NewCredentials
from jackfield.accounts.repo import Accounts
from jackfield.accounts.service import replace_credentials
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

KEY, OTHER = "stored-key-0123456789", "typed-key-9876543210"
CONNECTOR = """\
StackOne: 1.0.0
engine: strict
info: {{title: {key}, key: {key}, version: 1.0.0, description: Things.}}
baseUrl: {base}
authentication:
  - key:
      type: custom
      label: Key
      authorization: {{type: bearer, token: $.credentials.key}}
      setupFields: {setup}
      configFields:
        - {{key: key, label: Key, type: password, required: true, secret: true}}
        - {{key: name, label: Name, type: text, required: false}}
{fields}
      testActions: [{{action: me, required: true}}]
      identity: {{action: me, values: $.output.id}}
actions:
  - actionId: me
    label: Me
    description: Tell who it is.
    categories: [documents]
    actionType: custom
    effects: [read]
    inputs: []
    steps:
      - stepId: ask
        stepFunction:
          functionName: request
          parameters: {{url: /me, method: get}}
    result: {{data: $.steps.ask.output.data}}
  - actionId: wipe
    label: Wipe
    description: Delete everything.
    categories: [documents]
    actionType: custom
    effects: [delete]
    inputs: []
    steps:
      - stepId: ask
        stepFunction:
          functionName: request
          parameters: {{url: /wipe, method: post}}
"""
_DOMAIN = "        - {key: domain, label: Domain, type: text, required: true}"
_HIDDEN = "        - {key: domain, label: Domain, type: password, required: true, secret: true}"
_PARTS = (
    "        - {key: shop, label: Shop, type: text, required: true}\n"
    "        - {key: domain, label: Domain, type: text, computed: true,"
    " value: '{{credentials.shop}}'}"
)
CONNECTORS = {
    "plain": ("https://${credentials.domain}", _DOMAIN, "[]"),
    "label": ("https://${credentials.domain}.shop.example", _DOMAIN, "[]"),
    "path": ("https://shared.example/${credentials.domain}", _DOMAIN, "[]"),
    "hidden": ("https://${credentials.domain}", _HIDDEN, "[]"),
    "derived": ("https://${credentials.domain}", _PARTS, "[]"),
    "setup": (
        "https://${credentials.domain}",
        "",
        "[{key: domain, label: Domain, type: text, required: true}]",
    ),
}
# The value a customer has, and the one somebody tries, by connector; then the field it stands in.
GOOD, EVIL = "good.example", "evil.example"
TRIES = {
    "plain": ("domain", GOOD, EVIL),
    "label": ("domain", "good", "evil"),
    "path": ("domain", "good", "evil"),
    "hidden": ("domain", GOOD, EVIL),
    "derived": ("shop", GOOD, EVIL),
}


@dataclass
class Tenants:
    """A hub, and what was asked of the host of a customer and of somebody else's."""

    hub: Running
    good: list[Seen]
    evil: list[Seen]
    held: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def strayed(self, key: str) -> list[str]:
        """Return where `key` went that is not the customer's."""
        seen = [*self.evil, *(each for each in self.good if "evil" in each.line)]
        return [each.line for each in seen if key in str(each.headers)]

    async def link(self, connector: str, **more: Any) -> str:
        session = await self.hub.session(provider=connector, **more)
        name, good, _ = TRIES[connector]
        values = {"key": KEY, name: good}
        linked = await self.hub.submit(session["token"], values, provider=connector)
        assert linked.status_code == 201, linked.text
        return linked.json()["id"]

    async def edit(self, account_id: str, credentials: dict[str, str], **more: Any) -> Any:
        session = await self.hub.session(**more)
        return await self.hub.api.patch(
            f"/hub/accounts/{account_id}",
            headers={"x-hub-session-token": session["token"]},
            json={"credentials": credentials},
        )


@pytest.fixture
async def tenants(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> AsyncGenerator[Tenants]:
    for key, (base, fields, setup) in CONNECTORS.items():
        folder = tmp_path / "connectors" / key
        folder.mkdir(parents=True)
        text = CONNECTOR.format(key=key, base=base, fields=fields, setup=setup)
        (folder / f"{key}.connector.s1.yaml").write_text(text, encoding="utf-8")
    holds: list[Tenants] = []

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        for tenants in holds:
            tenants.asked.set()
            await tenants.held.wait()
        await reply('{"id": "one"}')(writer, seen)

    async with scripted(answer) as good, scripted(reply('{"id": "one"}')) as evil:
        rewrite = {
            f"https://{GOOD}": good.url,
            "https://good.shop.example": good.url,
            "https://shared.example": good.url,
            f"https://{EVIL}": evil.url,
            "https://evil.shop.example": evil.url,
        }
        async with running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            connectors=tmp_path / "connectors",
            rewrite=rewrite,
        ) as hub:
            tenants = Tenants(hub, good.seen, evil.seen)
            tenants.held.set()
            holds.append(tenants)
            yield tenants


@pytest.mark.parametrize("connector", TRIES)
async def test_an_edited_address_asks_for_the_secret_again(
    tenants: Tenants, connector: str
) -> None:
    account_id, (name, _, evil) = await tenants.link(connector), TRIES[connector]

    refused = await tenants.edit(account_id, {name: evil})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_fields")
    assert "credentials.key" in [fault["path"] for fault in refused.json()["faults"]]
    assert tenants.strayed(KEY) == []


@pytest.mark.parametrize("typed", [{}, {"key": ""}, {"key": "  "}])
async def test_an_edited_address_asks_for_the_secret_through_the_api_too(
    tenants: Tenants, typed: dict[str, str]
) -> None:
    account_id = await tenants.link("plain")

    refused = await tenants.hub.api.patch(
        f"/accounts/{account_id}", json={"credentials": {"domain": EVIL, **typed}}
    )

    assert refused.status_code == 422
    assert tenants.strayed(KEY) == []


async def test_an_edited_address_asks_for_the_secret_on_the_page_too(tenants: Tenants) -> None:
    await tenants.link("plain")
    session = await tenants.hub.session(provider="plain")
    form = await tenants.hub.api.get(session["auth_link_url"], auth=None)
    action = html.unescape(re.findall(r'<form[^>]*action="([^"]+)"', form.text)[0])

    refused = await tenants.hub.api.post(action, data={"domain": EVIL}, auth=None)

    assert refused.status_code == 422
    assert "Type it again" in refused.text
    assert tenants.strayed(KEY) == []


async def test_a_link_that_is_confirmed_asks_for_the_secret_as_early(tenants: Tenants) -> None:
    account_id = await tenants.link("plain")
    await tenants.hub.api.patch("/jackfield/project", json={"confirm_links": True})

    refused = await tenants.edit(account_id, {"domain": EVIL})

    assert refused.status_code == 422
    assert tenants.strayed(KEY) == []


async def test_the_project_sees_that_another_address_was_tried(tenants: Tenants) -> None:
    account_id = await tenants.link("plain")
    session = await tenants.hub.session()

    await tenants.hub.api.patch(
        f"/hub/accounts/{account_id}",
        headers={"x-hub-session-token": session["token"]},
        json={"credentials": {"domain": EVIL}},
    )

    seen = await tenants.hub.api.get(f"/jackfield/connect_sessions/{session['id']}")
    assert "address" in str(seen.json()["latest_connection_attempt"])


async def test_a_secret_that_is_typed_again_goes_to_the_new_address(tenants: Tenants) -> None:
    account_id = await tenants.link("plain")

    changed = await tenants.edit(account_id, {"domain": EVIL, "key": OTHER})

    assert changed.status_code == 200, changed.text
    assert tenants.strayed(OTHER) != []
    assert tenants.strayed(KEY) == []


async def test_what_is_no_part_of_an_address_is_edited_without_the_secret(
    tenants: Tenants,
) -> None:
    account_id = await tenants.link("plain")

    changed = await tenants.edit(account_id, {"name": "Main", "domain": GOOD})

    assert changed.status_code == 200, changed.text


async def test_a_setup_that_leads_elsewhere_takes_no_linked_account_along(
    tenants: Tenants,
) -> None:
    api = tenants.hub.api
    made = [
        await api.post(
            "/connector_profiles", json={"connector_key": "setup", "setup": {"domain": domain}}
        )
        for domain in (GOOD, EVIL)
    ]
    ids = [each.json()["id"] for each in made]
    session = await tenants.hub.session(provider="setup", integration_id=ids[0])
    linked = await tenants.hub.submit(session["token"], {"key": KEY}, provider="setup")
    account_id = linked.json()["id"]

    edited = await api.patch(f"/connector_profiles/{ids[0]}", json={"setup": {"domain": EVIL}})
    moved = await api.patch(f"/accounts/{account_id}", json={"connector_profile_id": ids[1]})
    ran = await api.post(
        "/actions/rpc",
        headers={"x-account-id": account_id, "x-connector-profile-id": ids[1]},
        json={"action": "setup_me"},
    )

    assert (edited.status_code, edited.json()["code"]) == (409, "profile_in_use")
    assert (moved.status_code, moved.json()["code"]) == (400, "profile_of_other_connector")
    assert ran.is_success
    assert tenants.strayed(KEY) == []


async def test_a_credential_goes_to_the_label_of_its_own_account_only(tenants: Tenants) -> None:
    account_id = await tenants.link("label")
    headers = {"x-account-id": account_id}

    refused = await tenants.hub.api.post(
        "/unified/proxy",
        headers=headers,
        json={"url": "https://evil.shop.example", "path": "/x", "method": "get"},
    )
    taken = await tenants.hub.api.post(
        "/unified/proxy",
        headers=headers,
        json={"url": "https://GOOD.shop.example", "path": "/x", "method": "get"},
    )

    assert (refused.status_code, refused.json()["code"]) == (400, "host_not_declared")
    assert taken.is_success
    assert tenants.strayed(KEY) == []


@pytest.mark.parametrize("is_whole", [False, True], ids=["edited", "linked again"])
async def test_a_slow_edit_does_not_undo_a_rotation(tenants: Tenants, is_whole: bool) -> None:
    account_id = await tenants.link("plain")
    tenants.held.clear()
    tenants.asked.clear()
    if is_whole:
        slow = asyncio.create_task(tenants.link("plain"))
    else:
        slow = asyncio.create_task(tenants.edit(account_id, {"name": "x"}))
    await tenants.asked.wait()
    async with tenants.hub.hub.db.write(tenants.hub.project.id, TESTER) as tx:
        account = await Accounts(tx).get(account_id)
        method = tenants.hub.hub.catalog.get("plain").auth_methods[0]
        values = {"key": OTHER, "domain": GOOD}
        given = NewCredentials(method, values)
        await replace_credentials(tx, tenants.hub.hub.vault, account, given)
    tenants.held.set()
    outcome = (await asyncio.gather(slow, return_exceptions=True))[0]

    await tenants.hub.run(account_id, "plain_me")
    assert OTHER in tenants.good[-1].headers["authorization"]
    assert "linked_meanwhile" in (str(outcome) if is_whole else outcome.text)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


async def test_a_link_is_not_confirmed_over_newer_credentials(tenants: Tenants) -> None:
    account_id, api = await tenants.link("plain"), tenants.hub.api
    await api.patch("/jackfield/project", json={"confirm_links": True})
    held = await tenants.edit(account_id, {"name": "x"})
    await api.patch(f"/accounts/{account_id}", json={"credentials": {"key": OTHER}})

    refused = await api.post(f"/jackfield/pending_links/{held.json()['id']}/confirm")

    assert (refused.status_code, refused.json()["code"]) == (409, "linked_meanwhile")


async def test_a_profile_header_only_narrows(tenants: Tenants) -> None:
    account_id, api = await tenants.link("plain"), tenants.hub.api
    own = (await api.get(f"/accounts/{account_id}")).json()["connector_profile_id"]
    wide = await api.post("/connector_profiles", json={"connector_key": "plain"})
    await api.patch(f"/connector_profiles/{own}", json={"allowed_actions": ["plain_me"]})
    headers = {"x-account-id": account_id, "x-connector-profile-id": wide.json()["id"]}

    wiped = await api.post("/actions/rpc", headers=headers, json={"action": "plain_wipe"})
    sent = await api.post("/unified/proxy", headers=headers, json={"path": "/x"})
    read = await api.post("/actions/rpc", headers=headers, json={"action": "plain_me"})

    assert (wiped.status_code, wiped.json()["code"]) == (403, "action_not_allowed")
    assert (sent.status_code, sent.json()["code"]) == (403, "action_not_allowed")
    assert read.is_success


@pytest.mark.parametrize(
    "limits",
    [{"multiple": True}, {"categories": ["crm"]}, {"origin_owner_name": "Somebody else"}],
    ids=str,
)
async def test_a_session_edits_no_account_that_it_could_not_have_linked(
    tenants: Tenants, limits: dict[str, Any]
) -> None:
    account_id = await tenants.link("plain")

    refused = await tenants.edit(account_id, {"key": OTHER}, **limits)

    assert (refused.status_code, refused.json()["code"]) == (404, "account_not_found")
