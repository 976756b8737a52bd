"""What is left when a hub under load is killed again and again."""

import asyncio
import random
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.durability.checks import check_what_is_left, subscribe
from tests.durability.load import Client, Confirmer, Ledger
from tests.durability.processes import Processes, say
from tests.support.receiver import Receiver

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_CLIENTS = 6
_CONFIRMERS = 2


@pytest.fixture
def commands(database_url: str | None) -> tuple[str, ...]:
    return ("serve --port 0",) if database_url is None else ("serve --port 0", "worker")


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

    await check_what_is_left(
        dict(zip(keys, ledgers, strict=True)),
        receiver,
        sandbox,
        data_dir=data_dir,
        database_url=database_url,
    )
    counted = {**(ledgers[0].did + ledgers[1].did), "told": len(receiver.told)}
    orders, events = len(ledgers[0].orders), sum(len(each.events) for each in ledgers)
    print(f"\nseed {seed}:", counted | {"orders": orders, "events": events})  # noqa: T201 - what a person who runs it reads
