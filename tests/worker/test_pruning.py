"""Pruning: what is older than a project wants is forgotten."""

import pytest

from jackfield.worker.pruning import prune
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, deliveries, subscribe
from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def test_what_is_older_than_the_project_wants_is_forgotten_but_for_what_waits(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    webhook = await subscribe(hub, receiver.url)
    account_id = await hub.link()
    await hub.run(account_id, "iterable_list_channels")
    await hub.hub.appender.flush()
    await deliver(hub)
    waiting = await hub.link(multiple=True)
    clock.advance(days=31)

    await prune(hub.hub)

    assert await hub.hub.db.unscoped("select id from runs") == []
    assert await hub.hub.db.unscoped("select id from api_requests") == []
    (left,) = await deliveries(hub, webhook)
    assert left["status"] == "pending"
    await deliver(hub)
    assert receiver.told[-1]["record_id"] == waiting
