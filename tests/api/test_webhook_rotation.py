"""A signing secret is replaced while deliveries go on."""

import base64
import hashlib
import hmac

import pytest

from jackfield.worker.pruning import prune
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import Running
from tests.support.scripted import Seen

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub


def standard(secret: str, seen: Seen) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    bound = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode()
    digest = hmac.digest(key, bound + seen.body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def plain(secret: str, seen: Seen) -> str:
    digest = hmac.digest(secret.encode(), seen.body, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def rotate(hub: Running, webhook_id: str, query: str = "") -> str:
    response = await hub.api.post(f"/jackfield/webhooks/{webhook_id}/rotate{query}")
    assert response.status_code == 200, response.text
    return response.json()["secret"]


async def told(hub: Running, receiver: Receiver) -> Seen:
    await hub.link(multiple=True)
    await deliver(hub)
    return receiver.server.seen[-1]


async def test_both_secrets_sign_until_the_overlap_is_over(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    webhook = await subscribe(hub, receiver.url)
    old = webhook["secret"]

    new = await rotate(hub, webhook["id"])

    clock.advance(hours=23)
    during = await told(hub, receiver)
    clock.advance(hours=1)
    after = await told(hub, receiver)
    assert new != old
    assert during.headers["webhook-signature"].split() == [
        standard(new, during),
        standard(old, during),
    ]
    assert during.headers["x-stackone-signature"] == plain(old, during)
    assert after.headers["webhook-signature"] == standard(new, after)
    assert after.headers["x-stackone-signature"] == plain(new, after)


async def test_a_secret_that_leaked_ends_at_once(hub: Running, receiver: Receiver) -> None:
    webhook = await subscribe(hub, receiver.url)

    new = await rotate(hub, webhook["id"], "?overlap_seconds=0")

    seen = await told(hub, receiver)
    assert seen.headers["webhook-signature"] == standard(new, seen)
    assert seen.headers["x-stackone-signature"] == plain(new, seen)


async def test_of_three_secrets_the_last_two_sign(hub: Running, receiver: Receiver) -> None:
    webhook = await subscribe(hub, receiver.url)
    second = await rotate(hub, webhook["id"])
    third = await rotate(hub, webhook["id"])

    seen = await told(hub, receiver)

    assert seen.headers["webhook-signature"].split() == [
        standard(third, seen),
        standard(second, seen),
    ]


async def test_an_endpoint_says_how_long_the_old_secret_signs_and_shows_neither(
    hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    new = await rotate(hub, webhook["id"], "?overlap_seconds=3600")

    changed = await hub.api.patch(f"/jackfield/webhooks/{webhook['id']}", json={"events": ["*"]})
    shown = await hub.api.get(f"/jackfield/webhooks/{webhook['id']}")

    assert shown.json()["previous_secret_until"] == "2026-03-01T10:30:00Z"
    added = {name: shown.json()[name] for name in ("backlog", "last_day")}
    assert changed.json() | added == shown.json()
    assert webhook["secret"] not in shown.text
    assert new not in shown.text


async def test_a_secret_that_signs_no_more_is_deleted(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    webhook = await subscribe(hub, receiver.url)
    await rotate(hub, webhook["id"])
    await prune(hub.hub)
    during = await hub.hub.db.unscoped("select * from credentials")
    clock.advance(days=1)

    await prune(hub.hub)

    after = await hub.hub.db.unscoped("select * from credentials")
    shown = await hub.api.get(f"/jackfield/webhooks/{webhook['id']}")
    assert (len(during), len(after)) == (2, 1)
    assert shown.json()["previous_secret_until"] is None


@pytest.mark.parametrize("seconds", ["-1", "604801", "soon"])
async def test_an_overlap_is_at_most_a_week(hub: Running, receiver: Receiver, seconds: str) -> None:
    webhook = await subscribe(hub, receiver.url)

    refused = await hub.api.post(
        f"/jackfield/webhooks/{webhook['id']}/rotate?overlap_seconds={seconds}"
    )

    assert refused.status_code == 422


async def test_another_project_rotates_nothing(hub: Running, receiver: Receiver) -> None:
    webhook = await subscribe(hub, receiver.url)

    refused = await hub.api.post(
        f"/jackfield/webhooks/{webhook['id']}/rotate", auth=(await hub.key(project="other"), "")
    )

    assert (refused.status_code, refused.json()["code"]) == (404, "webhook_not_found")
    seen = await told(hub, receiver)
    assert seen.headers["webhook-signature"] == standard(webhook["secret"], seen)
