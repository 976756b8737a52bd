"""An account that fails says why, since when, and which step of the guide mends it; once."""

from typing import Any

import pytest

from jackfield.events.models import EventType
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import PUBLIC_URL, HubWith, Running
from tests.support.scripted import reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database]

GUIDE = f"{PUBLIC_URL}/docs/connectors/iterable/guides/link-account/api_key"
# Nothing can be verified: it has no test action.
UNTESTED = """
StackOne: 1.0.0
engine: strict
info: {{title: Acme, key: acme, version: 1.0.0, description: Things.}}
baseUrl: {url}
authentication:
  - key:
      type: custom
      label: Key
      authorization: {{type: bearer, token: $.credentials.key}}
      configFields: [{{key: key, label: Key, type: password, required: true, secret: true}}]
      credentialErrors:
        - {{condition: "{{{{data.error == 'gone'}}}}", cause: key_revoked, message: The key is gone.}}
actions:
  - {{actionId: me, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: get, url: /me}}}}}}], result: $.steps.ask.output.data}}
"""


async def check(hub: Running, account_id: str) -> dict[str, Any]:
    return (await hub.api.post(f"/jackfield/accounts/{account_id}/check")).json()


async def test_a_reason_names_the_step_of_the_guide_that_mends_it(hub: Running) -> None:
    account_id = await hub.link()
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True

    failing = await check(hub, account_id)

    (reason,) = failing["status_reasons"]
    assert (failing["status"], reason["code"]) == ("error", "key_disabled")
    assert reason["description"].startswith("Iterable refuses this key")
    assert reason["step"] == {
        "section": "Generate an Iterable Server-Side API Key",
        "title": "Create a Server-Side API Key",
        "url": f"{GUIDE}#create-a-server-side-api-key",
    }
    page = await hub.api.get(GUIDE.removeprefix(PUBLIC_URL), auth=None)
    assert 'id="create-a-server-side-api-key"' in page.text


async def test_the_dashboard_and_an_account_that_is_read_say_the_same(hub: Running) -> None:
    account_id = await hub.link()
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    failing = await check(hub, account_id)

    read = await hub.api.get(f"/accounts/{account_id}")

    assert read.json()["status_reasons"] == failing["status_reasons"]


async def test_a_failure_that_goes_on_keeps_the_time_it_began(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    first = (await check(hub, account_id))["status_reasons"][0]
    clock.advance(days=2)

    later = (await check(hub, account_id))["status_reasons"][0]

    assert later["since"] == first["since"] == first["timestamp"]
    assert later["timestamp"] > first["timestamp"]


async def test_an_account_that_must_be_linked_again_is_told_once_with_the_way_to_it(
    open_hub: Running, receiver: Receiver
) -> None:
    hub = open_hub
    await subscribe(hub, receiver.url, [EventType.ACCOUNT_NEEDS_RELINK, EventType.ACCOUNT_UPDATED])
    account_id = await hub.link()
    key = hub.sandbox.us.app.sandbox.keys["server_side"]
    key.disabled = True

    for _ in range(3):
        await check(hub, account_id)
    await deliver(hub)

    updated, needs = receiver.told
    assert [updated["event"], needs["event"]] == ["account.updated", "account.needs_relink"]
    assert needs["status_reasons"][0]["step"]["title"] == "Create a Server-Side API Key"
    link = await hub.api.request(needs["reconnect"]["method"], needs["reconnect"]["path"])
    assert (link.status_code, "reconnect" in updated) == (201, False)
    key.disabled = False
    await check(hub, account_id)
    await deliver(hub)
    assert [each["status"] for each in receiver.told[2:]] == ["active"]


@pytest.mark.parametrize(("said", "status"), [("gone", "error"), ("other", "active")])
async def test_where_nothing_can_be_verified_a_known_refusal_of_an_action_counts(
    hub_with: HubWith, said: str, status: str
) -> None:
    async with scripted(reply(f'{{"error": "{said}"}}', status=401)) as provider:
        document = {"acme": UNTESTED.format(url=provider.url)}
        async with hub_with(document) as hub:
            account_id = await hub.link_to("acme", {"key": "k-1234567"})

            await hub.run(account_id, "acme_me")

            account = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert account["status"] == status
    words = [(each["code"], each["description"]) for each in account["status_reasons"]]
    assert words == ([("key_revoked", "The key is gone.")] if status == "error" else [])
