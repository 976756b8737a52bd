"""What is left when a hub under load is killed again and again."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.durability.load import Client, Confirmer, Ledger, State
from tests.durability.processes import Processes, processes, say
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver
from tests.support.running import EU, US, Running, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_CLIENTS = 6
_CONFIRMERS = 2
_PROMISED = timedelta(minutes=2)
# Claims of keys that a kill broke off are not in flight any more by then.
_LATER = timedelta(minutes=3)


@pytest.fixture
async def hub_processes(
    database_url: str | None, data_dir: Path, sandbox: Sandbox
) -> AsyncGenerator[Processes]:
    commands = ("serve --port 0",) if database_url is None else ("serve --port 0", "worker")
    settings = {
        "DATA_DIR": str(data_dir),
        "PROVIDER_REWRITE": f"{US}={sandbox.us.url},{EU}={sandbox.eu.url}",
        **({} if database_url is None else {"DATABASE_URL": database_url}),
    }
    async with processes(*commands, **settings) as found:
        yield found


async def test_killed_under_load_it_loses_nothing_repeats_nothing_and_tells_everything(
    hub_processes: Processes,
    database_url: str | None,
    data_dir: Path,
    sandbox: Sandbox,
    receiver: Receiver,
    request: pytest.FixtureRequest,
) -> None:
    seed = request.config.option.randomly_seed
    chosen, done = random.Random(seed), asyncio.Event()  # noqa: S311
    ledgers, keys, clients = (Ledger(), Ledger()), list[str](), list[Client]()
    for ledger, kind, times in zip(
        ledgers, (Client, Confirmer), (_CLIENTS, _CONFIRMERS), strict=True
    ):
        name = kind.__name__.lower()
        created = await say(
            hub_processes.settings, "keys", "create", "--name", name, "--project", name
        )
        keys.append(created["key"])
        clients += [
            kind(f"{name}-{n}", hub_processes, keys[-1], sandbox, ledger, chosen.getrandbits(32))
            for n in range(times)
        ]
    await hub_processes.start()
    await subscribe(clients[0], receiver)
    await subscribe(clients[-1], receiver)
    await clients[-1].ask("PATCH", "/jackfield/project", json={"confirm_links": True})
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.run(done))
        for _ in range(int(request.config.option.kills)):
            await hub_processes.work(chosen)
            await hub_processes.kill_some(chosen)
            await hub_processes.start()
        await hub_processes.work(chosen)
        done.set()
    await hub_processes.kill()
    assert hub_processes.errors == []

    clock = FrozenClock(datetime.now(UTC))  # noqa: TID251 - the killed hub's time was the real one
    async with running_hub(
        sandbox,
        data_dir=data_dir,
        clock=clock,
        database_url=database_url,
        allow_private_networks=True,
    ) as hub:
        started = clock.now
        for ledger in ledgers:
            await check_events(hub, receiver, ledger, clock, until=started + _PROMISED)
        clock.now = started + _LATER
        for ledger, key in zip(ledgers, keys, strict=True):
            await check_state(hub, key, ledger)
        await check_orders(hub, keys[0], ledgers[0], sandbox)
    counted = {**(ledgers[0].did + ledgers[1].did), "told": len(receiver.told)}
    orders, events = len(ledgers[0].orders), sum(len(each.events) for each in ledgers)
    print(f"\nseed {seed}:", counted | {"orders": orders, "events": events})  # noqa: T201 - what a person who runs it reads


async def subscribe(client: Client, receiver: Receiver) -> None:
    wanted = {"url": receiver.url, "events": ["*"]}
    made = await client.ask("POST", "/jackfield/webhooks", json=wanted)
    assert made is not None
    assert made.status_code == 201, made.text


async def check_events(
    hub: Running, receiver: Receiver, ledger: Ledger, clock: FrozenClock, *, until: datetime
) -> None:
    """Every event of what was acknowledged arrives by `until`, those of an account in order."""
    await deliver(hub)
    while missing(receiver, ledger) and clock.now < until:
        clock.advance(seconds=5)
        await deliver(hub)
    assert missing(receiver, ledger) == set()
    told: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in receiver.told:
        if each["record_type"] == "account":
            told[each["record_id"]].append((each["event"], each["origin_username"]))
    for account, events in told.items():
        firsts = list(dict.fromkeys(events))
        # Versions are counted up; the event of a deletion names the last.
        ordered = sorted(firsts, key=lambda each: (int(each[1][1:]), each[0] == "account.deleted"))
        assert firsts == ordered, account


def missing(receiver: Receiver, ledger: Ledger) -> set[tuple[str, str, str]]:
    """Return the events that have not arrived."""
    told = {
        (each["record_id"], each["event"], "" if gone else each["origin_username"])
        for each in receiver.told
        if each["record_type"] == "account"
        for gone in [each["event"] == "account.deleted"]
    }
    return set(ledger.events) - told


async def check_state(hub: Running, key: str, ledger: Ledger) -> None:
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


async def check_orders(hub: Running, key: str, ledger: Ledger, sandbox: Sandbox) -> None:
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
