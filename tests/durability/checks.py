"""Checks of what a hub that was killed has left."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from jackfield.sandbox.iterable.server import Sandbox
from tests.durability.load import Client, Ledger, State
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver
from tests.support.running import Running, running_hub

_PROMISED: Final = timedelta(minutes=2)
# Claims of keys that a kill broke off are not in flight any more by then.
_LATER: Final = timedelta(minutes=3)


async def subscribe(client: Client, receiver: Receiver) -> None:
    wanted = {"url": receiver.url, "events": ["*"]}
    made = await client.ask("POST", "/jackfield/webhooks", json=wanted)
    assert made is not None
    assert made.status_code == 201, made.text


async def check_what_is_left(
    ledgers: Mapping[str, Ledger],
    receiver: Receiver,
    sandbox: Sandbox,
    *,
    data_dir: Path,
    database_url: str | None,
) -> None:
    """Open the hub once more, and check what was acknowledged to the clients of each API key."""
    clock = FrozenClock(datetime.now(UTC))  # noqa: TID251 - the killed hub's time was the real one
    async with running_hub(
        sandbox,
        data_dir=data_dir,
        clock=clock,
        database_url=database_url,
        allow_private_networks=True,
    ) as hub:
        started = clock.now
        for ledger in ledgers.values():
            await _check_events(hub, receiver, ledger, clock, until=started + _PROMISED)
        clock.now = started + _LATER
        for key, ledger in ledgers.items():
            await _check_state(hub, key, ledger)
            await _check_orders(hub, key, ledger, sandbox)


async def _check_events(
    hub: Running, receiver: Receiver, ledger: Ledger, clock: FrozenClock, *, until: datetime
) -> None:
    """Every event of what was acknowledged arrives by `until`, those of an account in order."""
    await deliver(hub)
    while _missing(receiver, ledger) and clock.now < until:
        clock.advance(seconds=5)
        await deliver(hub)
    assert _missing(receiver, ledger) == set()
    told: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in receiver.told:
        if each["record_type"] == "account":
            told[each["record_id"]].append((each["event"], each["origin_username"]))
    for account, events in told.items():
        firsts = list(dict.fromkeys(events))
        # Versions are counted up; the event of a deletion names the last.
        ordered = sorted(firsts, key=lambda each: (int(each[1][1:]), each[0] == "account.deleted"))
        assert firsts == ordered, account


def _missing(receiver: Receiver, ledger: Ledger) -> set[tuple[str, str, str]]:
    """Return the events that have not arrived."""
    told = {
        (each["record_id"], each["event"], "" if gone else each["origin_username"])
        for each in receiver.told
        if each["record_type"] == "account"
        for gone in [each["event"] == "account.deleted"]
    }
    return set(ledger.events) - told


async def _check_state(hub: Running, key: str, ledger: Ledger) -> None:
    """What was acknowledged last is there."""
    for account, possible in ledger.accounts.items():
        found = await hub.api.get(f"/accounts/{account}", auth=(key, ""))
        assert State.of(found.json()) in possible
    for account in ledger.deleted:
        assert (await hub.api.get(f"/accounts/{account}", auth=(key, ""))).status_code == 404
    for owner in ledger.refused:
        found = await hub.api.get(f"/accounts?origin_owner_id={owner}", auth=(key, ""))
        assert found.json() == []
    for token in ledger.sessions.values():
        headers = {"x-hub-session-token": token}
        assert (await hub.api.get("/hub/connectors", headers=headers)).status_code == 200
    endpoints = (await hub.api.get("/jackfield/webhooks", auth=(key, ""))).json()["data"]
    made = Counter(each["description"] for each in endpoints)
    assert all(made[name] == 1 for name in ledger.endpoints)
    assert {*made.values()} <= {1}, "a write was done twice"


async def _check_orders(hub: Running, key: str, ledger: Ledger, sandbox: Sandbox) -> None:
    """What was ordered once is done once, also if it is asked for again, and with its account."""
    for name, order in ledger.orders.items():
        sent = {"action": "iterable_create_list", "body": {"name": name}}
        again = await hub.api.post("/actions/rpc", json=sent, headers=order.headers, auth=(key, ""))
        if order.is_done:
            assert again.headers["idempotency-replayed"] == "true", again.text
    done = {
        region: Counter(each.name for each in origin.project.lists)
        for region, origin in (("us", sandbox.us), ("eu", sandbox.eu))
    }
    for name, order in ledger.orders.items():
        times = {region: found[name] for region, found in done.items() if found[name]}
        assert times in ([{order.region: 1}] if order.is_done else [{order.region: 1}, {}]), name
