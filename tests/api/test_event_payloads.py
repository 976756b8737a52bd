"""Bodies of events: the same to the byte, whatever builds them."""

import pytest

from jackfield.events.models import EventType
from jackfield.worker.issues import find_due
from tests.support.clock import NOW as NOON
from tests.support.issues import listed, run_of, write_log
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

NOW = '"2026-03-01T09:30:00Z"'


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub


def envelope(hub: Running, event: str, record_type: str, record_id: str) -> str:
    return (
        f'{{"project_id":"{hub.project.id}","event":"{event}","event_date":{NOW},'
        f'"record_type":"{record_type}","record_id":"{record_id}",'
    )


async def body(hub: Running, receiver: Receiver) -> str:
    """Deliver the one event that waits, and return it as it went over the wire."""
    before = len(receiver.server.seen)
    assert await deliver(hub) == 1
    return receiver.server.seen[before].body.decode()


async def test_an_account_is_described_in_this_order(hub: Running, receiver: Receiver) -> None:
    await subscribe(hub, receiver.url)
    account = await hub.link(origin_username="ada")
    created = await body(hub, receiver)
    await hub.api.post(f"/jackfield/accounts/{account}/suspend")
    updated = await body(hub, receiver)

    described = (
        f'"account_id":"{account}","provider":"iterable","origin_owner_id":"acme",'
        '"origin_owner_name":"Acme Inc.","origin_username":"ada",'
        '"setup_information":{"region":"us"},'
    )
    assert created == (
        envelope(hub, "account.created", "account", account)
        + described
        + f'"status":"active","status_reasons":[],"type":"production","sent_at":{NOW}}}'
    )
    assert updated == (
        envelope(hub, "account.updated", "account", account)
        + described
        + '"status":"suspended","status_reasons":[{"code":"suspended",'
        f'"description":"An operator paused the account.","timestamp":{NOW},'
        f'"since":{NOW},"step":null}}],'
        f'"type":"production","sent_at":{NOW}}}'
    )


async def test_a_profile_is_described_in_this_order(hub: Running, receiver: Receiver) -> None:
    await subscribe(hub, receiver.url, [EventType.CONNECTOR_PROFILE_CREATED])
    profile = (
        await hub.api.post(
            "/connector_profiles", json={"connector_key": "iterable", "name": "Second"}
        )
    ).json()["id"]

    assert await body(hub, receiver) == (
        envelope(hub, "connector_profile.created", "connector_profile", profile)
        + f'"connector_profile_id":"{profile}","provider":"iterable","name":"Second",'
        '"active":true,"default":false,"environment":"production","pinned_version":null,'
        f'"allowed_actions":null,"sent_at":{NOW}}}'
    )


async def test_a_pending_link_is_described_in_this_order(hub: Running, receiver: Receiver) -> None:
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    await subscribe(hub, receiver.url, [EventType.PENDING_LINK_CREATED])
    session = await hub.session(metadata={"ticket": 7})
    left = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    waiting = (await hub.api.get(f"/jackfield/pending_links/{left.json()['id']}")).json()

    assert await body(hub, receiver) == (
        envelope(hub, "pending_link.created", "pending_link", left.json()["id"])
        + '"account_id":null,"provider":"iterable","origin_owner_id":"acme",'
        '"origin_owner_name":"Acme Inc.","origin_username":null,'
        f'"setup_information":{{"region":"us"}},"identity_changed":false,"changes":[],'
        f'"connector_profile_id":"{waiting["connector_profile_id"]}",'
        f'"connect_session_id":{session["id"]},"metadata":{{"ticket":7}},'
        '"expires_at":"2026-03-04T09:30:00Z",'
        f'"sent_at":{NOW}}}'
    )


async def test_an_issue_is_described_in_this_order(hub: Running, receiver: Receiver) -> None:
    account = await hub.link(origin_username="ada")
    await subscribe(hub, receiver.url, [EventType.ISSUE_OPENED, EventType.ISSUE_RESOLVED])
    await write_log(hub, run_of(account, NOON, request_id="req_1"))
    await find_due(hub.hub)
    opened = await body(hub, receiver)
    (issue,) = await listed(hub)
    await hub.api.post(f"/jackfield/issues/{issue['id']}/resolve")
    resolved = await body(hub, receiver)

    described = (
        f'"issue_id":"{issue["id"]}","account_id":"{account}","provider":"iterable",'
        '"origin_owner_id":"acme","origin_owner_name":"Acme Inc.","cause":"rate_limit",'
        '"code":"provider_rate_limited","message":"Retry later.","step":null,"status":"STATUS",'
        f'"first_seen_at":{NOW},"last_seen_at":{NOW},"occurrences":1,"reopened":0,'
        '"actions":["iterable_list_channels"],"request_ids":["req_1"],'
    )
    assert opened == (
        envelope(hub, "issue.opened", "issue", issue["id"])
        + described.replace("STATUS", "open")
        + f'"sent_at":{NOW}}}'
    )
    assert resolved == (
        envelope(hub, "issue.resolved", "issue", issue["id"])
        + described.replace("STATUS", "resolved")
        + f'"resolution":"by_hand","sent_at":{NOW}}}'
    )


async def test_a_test_event_is_described_in_this_order(hub: Running, receiver: Receiver) -> None:
    webhook = await subscribe(hub, receiver.url)

    await hub.api.post(f"/jackfield/webhooks/{webhook['id']}/test")

    assert receiver.server.seen[0].body.decode() == (
        envelope(hub, "webhook.test", "webhook", webhook["id"]) + f'"sent_at":{NOW}}}'
    )
