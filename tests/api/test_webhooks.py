"""Webhooks: events reach whoever asked for them, signed, and again until they are taken."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest
from dirty_equals import IsPartialDict, IsStr

from jackfield.projects.models import EVERY_SCOPE, Scope
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.receiver import EVERYTHING, Receiver, deliver, deliveries, subscribe
from tests.support.running import Running, running_hub
from tests.support.scripted import reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub


async def test_a_receiver_is_told_what_happened_to_an_account(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    await subscribe(hub, receiver.url)
    account_id = await hub.link(origin_username="ada")
    clock.advance(seconds=3)

    assert await deliver(hub) == 1

    assert receiver.told == [
        {
            "project_id": hub.project.id,
            "event": "account.created",
            "event_date": "2026-03-01T09:30:00Z",
            "record_type": "account",
            "record_id": account_id,
            "sent_at": "2026-03-01T09:30:03Z",
            "account_id": account_id,
            "provider": "iterable",
            "origin_owner_id": "acme",
            "origin_owner_name": "Acme Inc.",
            "origin_username": "ada",
            "setup_information": {"region": "us"},
            "status": "active",
            "status_reasons": [],
            "type": "production",
        }
    ]
    assert hub.us_key not in receiver.server.seen[0].body.decode()
    assert await deliver(hub) == 0


async def test_the_signatures_are_those_of_the_documented_recipes(
    hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    await hub.link()
    await deliver(hub)

    (seen,) = receiver.server.seen
    secret: str = webhook["secret"]
    plain = hmac.new(secret.encode(), seen.body, hashlib.sha256).digest()
    assert seen.headers["x-stackone-signature"] == (
        base64.urlsafe_b64encode(plain).decode().rstrip("=")
    )
    message_id, moment = seen.headers["webhook-id"], seen.headers["webhook-timestamp"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{moment}.".encode() + seen.body
    standard = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert seen.headers["webhook-signature"] == f"v1,{standard}"
    assert len(key) == 32


async def test_a_receiver_hears_only_of_what_it_asked_for(hub: Running, receiver: Receiver) -> None:
    await subscribe(hub, receiver.url, ["account.deleted"])
    everything = await subscribe(hub, receiver.url, ["*"])
    account_id = await hub.link()
    await hub.api.delete(f"/accounts/{account_id}")

    await deliver(hub)

    events = sorted(each["event"] for each in receiver.told)
    assert events == ["account.created", "account.deleted", "account.deleted"]
    assert len(await deliveries(hub, everything)) == 2


async def test_a_receiver_is_told_what_an_account_can_be_used_for_now(
    hub: Running, receiver: Receiver
) -> None:
    account_id = await hub.link()
    await subscribe(hub, receiver.url)

    await hub.api.post(f"/jackfield/accounts/{account_id}/suspend")
    await hub.api.post(f"/jackfield/accounts/{account_id}/resume")
    await hub.api.patch(f"/accounts/{account_id}", json={"type": "test"})
    await deliver(hub)

    told = [(each["event"], each["status"], each["type"]) for each in receiver.told]
    assert sorted(told) == [
        ("account.updated", "active", "production"),
        ("account.updated", "active", "test"),
        ("account.updated", "suspended", "production"),
    ]
    suspended = next(each for each in receiver.told if each["status"] == "suspended")
    assert suspended["status_reasons"][0]["code"] == "suspended"


async def test_a_receiver_is_told_what_happens_to_connector_profiles(
    hub: Running, receiver: Receiver
) -> None:
    await subscribe(
        hub,
        receiver.url,
        [f"connector_profile.{verb}" for verb in ("created", "updated", "deleted")],
    )
    created = await hub.api.post(
        "/connector_profiles", json={"connector_key": "iterable", "name": "Second"}
    )
    path = f"/connector_profiles/{created.json()['id']}"
    version = created.json()["connector_version"]
    await deliver(hub)
    await hub.api.patch(path, json={"active": False})
    await deliver(hub)
    await hub.api.put(f"{path}/pinned_version", json={"pinned_version": version})
    await deliver(hub)
    await hub.api.delete(path)
    await deliver(hub)

    told = receiver.told
    assert [(each["event"], each["active"], each["pinned_version"]) for each in told] == [
        ("connector_profile.created", True, None),
        ("connector_profile.updated", False, None),
        ("connector_profile.updated", False, version),
        ("connector_profile.deleted", False, version),
    ]
    assert told[0] == IsPartialDict(
        record_type="connector_profile",
        record_id=created.json()["id"],
        provider="iterable",
        name="Second",
        default=False,
    )


async def test_a_failed_change_tells_nobody(hub: Running, receiver: Receiver) -> None:
    webhook = await subscribe(hub, receiver.url)
    session = await hub.session()

    refused = await hub.submit(session["token"], {"api_key": "0" * 32, "region": "us"})

    assert refused.status_code == 400
    assert await deliver(hub) == 0
    assert await deliveries(hub, webhook) == []


async def test_a_delivery_is_made_again_when_asked(hub: Running, receiver: Receiver) -> None:
    webhook = await subscribe(hub, receiver.url)
    await hub.link()
    await deliver(hub)
    (delivery,) = await deliveries(hub, webhook)

    again = await hub.api.post(
        f"/jackfield/webhooks/{webhook['id']}/deliveries/{delivery['event_id']}/replay"
    )
    missing = await hub.api.post(f"/jackfield/webhooks/{webhook['id']}/deliveries/evt_0/replay")

    assert (again.status_code, again.json()["status"]) == (200, "pending")
    assert (missing.status_code, missing.json()["code"]) == (404, "delivery_not_found")
    assert await deliver(hub) == 1
    first, second = receiver.server.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery["event_id"]


async def test_a_test_event_says_at_once_what_the_receiver_answers(
    hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    receiver.answers = [reply(), reply(status=500)]
    path = f"/jackfield/webhooks/{webhook['id']}/test"

    well, ill = (await hub.api.post(path)).json(), (await hub.api.post(path)).json()

    assert (well["success"], well["status"]) == (True, 200)
    assert (ill["success"], ill["error"]) == (False, "the receiver answered 500")
    assert receiver.told[0]["event"] == "webhook.test"
    assert receiver.server.seen[0].headers["webhook-signature"].startswith("v1,")


async def test_an_endpoint_is_listed_changed_switched_off_and_removed(
    hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    path = f"/jackfield/webhooks/{webhook['id']}"
    assert webhook == {
        "id": IsStr(regex=r"whe_\w{26}"),
        "url": receiver.url,
        "description": None,
        "events": sorted(EVERYTHING),
        "active": True,
        "disabled_reason": None,
        "previous_secret_until": None,
        "created_at": "2026-03-01T09:30:00Z",
        "updated_at": "2026-03-01T09:30:00Z",
        "secret": IsStr(regex=r"whsec_[\w+/]{43}="),
    }
    (listed,) = (await hub.api.get("/jackfield/webhooks")).json()["data"]
    assert "secret" not in listed
    changed = await hub.api.patch(path, json={"events": ["*"], "description": "CRM"})
    assert (changed.json()["events"], changed.json()["description"]) == (["*"], "CRM")

    await hub.api.patch(path, json={"active": False})
    await hub.link()
    assert await deliver(hub) == 0
    await hub.api.patch(path, json={"active": True})
    await hub.link(multiple=True)
    assert await deliver(hub) == 1

    assert (await hub.api.delete(path)).status_code == 200
    assert (await hub.api.get(path)).json()["code"] == "webhook_not_found"
    assert await hub.hub.db.unscoped("select field from credentials where field <> 'api_key'") == [
        {"field": "identity"},
        {"field": "identity"},
    ]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"url": "https://x.test", "events": []}, ["events"]),
        ({"url": "https://x.test", "events": ["account.exploded"]}, ["events"]),
        ({"url": "ftp://x.test", "events": ["nope"]}, ["url", "events"]),
        ({"url": "https://u:p@x.test", "events": ["*"]}, ["url"]),
        ({"url": "https://x .test", "events": ["*"]}, ["url"]),
        ({"url": "https://[::1", "events": ["*"]}, ["url"]),
        ({"url": "not a url", "events": ["*"]}, ["url"]),
        ({"events": ["*"]}, ["url"]),
    ],
)
async def test_an_endpoint_that_cannot_work_is_refused_with_every_fault(
    hub: Running, body: dict[str, Any], paths: list[str]
) -> None:
    response = await hub.api.post("/jackfield/webhooks", json=body)

    assert response.status_code == 422
    assert response.json()["code"] == "invalid_request"
    named = [fault["path"] for fault in response.json()["faults"]]
    assert named == paths or paths[0] in response.json()["message"]
    assert (await hub.api.get("/jackfield/webhooks")).json()["data"] == []


async def test_a_receiver_inside_the_network_is_not_reached_unless_allowed(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox, receiver: Receiver
) -> None:
    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, allow_private_networks=True
    ) as hub:
        secure = receiver.url.replace("http:", "https:")
        webhook = await subscribe(hub, secure)
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        plain = await hub.api.post(
            "/jackfield/webhooks", json={"url": receiver.url, "events": ["*"]}
        )
        tried = (await hub.api.post(f"/jackfield/webhooks/{webhook['id']}/test")).json()
        nowhere = await subscribe(hub, "https://no-such-host.invalid/")
        missed = (await hub.api.post(f"/jackfield/webhooks/{nowhere['id']}/test")).json()

    assert plain.status_code == 422
    assert (missed["success"], missed["error"]) == (False, tried["error"]), "both look alike"
    assert tried["success"] is False
    assert tried["error"].startswith("egress_blocked")
    assert receiver.server.seen == []


async def test_another_projects_webhooks_cannot_be_told_from_none(
    hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    theirs = (await hub.key(project="theirs"), "")
    no_scope = (await hub.key(scopes=EVERY_SCOPE - {Scope.WEBHOOKS_WRITE}), "")

    def stripped(body: dict[str, Any]) -> tuple[Any, ...]:
        return body["statusCode"], body["code"], body["message"]

    for method, tail in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/test"),
        ("GET", "/deliveries"),
    ):
        ours, none = [
            await hub.api.request(
                method,
                f"/jackfield/webhooks/{each}{tail}",
                auth=theirs,
                json={} if method == "PATCH" else None,
            )
            for each in (webhook["id"], "whe_0")
        ]
        assert stripped(ours.json()) == stripped(none.json())
    refused = await hub.api.get("/jackfield/webhooks", auth=no_scope)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert (await hub.api.get("/jackfield/webhooks", auth=theirs)).json()["data"] == []
