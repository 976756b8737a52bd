"""How many webhook deliveries a second one process makes to one receiver that keeps up.

`python -m bench.webhooks [--events 5000] [--accounts 500] [--database postgresql://…]`. The
receiver is a process of its own on the same machine, and also finds out how many events arrived
before an earlier one of their account. Without `--database` the hub is on SQLite; one that is named
must be empty.

`python -m bench.webhooks --events 1000000 --endpoints 1000 [--dead 10] [--silent 10] [--slow 10]
[--projects 10] [--workers 2] [--database postgresql://…]` works off a backlog to many receivers
instead: how fast, how fairly, in which order, and what those that are bad cost the others.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench import many_webhooks
from jackfield.app import open_hub
from jackfield.events.models import EventType
from jackfield.events.payloads import EventPayload
from jackfield.events.repo import Events
from jackfield.installation import open_database
from jackfield.kit import log
from jackfield.kit.actor import Actor
from jackfield.projects import service as projects
from jackfield.settings import Settings
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.models import EndpointChange
from jackfield.worker.background import BackgroundJob, background
from jackfield.worker.deliveries import Deliverer

ACTOR = Actor.command("bench")
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Numbered(EventPayload, frozen=True, kw_only=True):
    account: int
    n: int


@dataclass(frozen=True)
class Figures:
    """`early` is how many came before an earlier one of their account."""

    per_second: float
    cpu_ms: float
    early: int


async def receive(events: int) -> None:
    """Take `events` deliveries; say where, and then how many came too early."""
    done = asyncio.Event()
    last: dict[int, int] = {}
    arrived = early = 0

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived, early
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            told = json.loads(await reader.readexactly(length))
            early += told["n"] < last.get(told["account"], -1)
            last[told["account"]] = told["n"]
            writer.write(ANSWER)
            arrived += 1
            if arrived == events:
                done.set()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await done.wait()
    print(early, flush=True)
    os._exit(0)


async def measure(
    folder: Path, *, events: int = 5000, accounts: int = 500, database: str | None = None
) -> Figures:
    receiver = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.webhooks",
        "--receive",
        "--events",
        str(events),
        stdout=asyncio.subprocess.PIPE,
    )
    assert receiver.stdout is not None
    url = f"http://127.0.0.1:{int(await receiver.stdout.readline())}/hooks"
    try:
        return await work(folder, url, receiver.stdout, events, accounts, database)
    finally:
        if receiver.returncode is None:
            receiver.kill()
        await receiver.wait()


async def work(
    folder: Path,
    url: str,
    receiver: asyncio.StreamReader,
    events: int,
    accounts: int,
    database: str | None,
) -> Figures:
    settings = Settings(data_dir=folder, database_url=database, allow_private_networks=True)
    if database:
        async with open_database(settings) as db:
            await db.migrate()
    async with open_hub(settings, public_url="http://localhost") as hub:
        project = await projects.ensure_project(hub, ACTOR, f"bench {os.getpid()}")
        async with hub.db.write(project.id, ACTOR) as tx:
            wanted = EndpointChange(url, (EventType.ACCOUNT_UPDATED,))
            await webhooks.create(tx, hub.vault, wanted, private=True)
        jobs = (BackgroundJob("deliveries", lambda hub: Deliverer(hub).run()),)
        async with background(hub, jobs):
            started, busy = time.perf_counter(), time.process_time()
            for first in range(0, events, accounts):
                # One event of each account: those of one transaction have no order.
                numbers = range(first, min(first + accounts, events))
                happened = [
                    Numbered(
                        project_id=project.id,
                        event=EventType.ACCOUNT_UPDATED,
                        event_date=hub.clock(),
                        record_type="account",
                        record_id=f"acc_{n % accounts}",
                        account=n % accounts,
                        n=n,
                    )
                    for n in numbers
                ]
                async with hub.db.write(project.id, ACTOR) as tx:
                    await Events(tx).add(happened)
            early = int(await receiver.readline())
            seconds, busy = time.perf_counter() - started, time.process_time() - busy
    return Figures(events / seconds, busy / events * 1000, early)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--database")
    parser.add_argument("--endpoints", type=int, default=1)
    for kind in ("dead", "silent", "slow"):
        parser.add_argument(f"--{kind}", type=int, default=0, help="of the endpoints")
    parser.add_argument("--projects", type=int, default=10, help="that have the endpoints")
    parser.add_argument("--workers", type=int, default=1, help="processes that deliver to them")
    parser.add_argument("--receive", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.receive:
        uvloop.run(receive(args.events))
        return
    log.configure(level="warning")
    if args.endpoints > 1:
        load = many_webhooks.Load(
            events=args.events,
            endpoints=args.endpoints,
            projects=args.projects,
            workers=args.workers,
            dead=args.dead,
            silent=args.silent,
            slow=args.slow,
            database=args.database,
        )
        many_webhooks.report(load, many_webhooks.measure(load))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(
            measure(
                Path(folder), events=args.events, accounts=args.accounts, database=args.database
            )
        )
    where = "PostgreSQL" if args.database else "SQLite"
    print(
        f"{where}: {found.per_second:,.0f} deliveries/s, {found.cpu_ms:.2f} ms of CPU each, "
        f"{found.early} out of order"
    )


if __name__ == "__main__":
    main()
