"""How a backlog of many events to many endpoints is worked off, and what bad receivers cost others.

The outbox is filled in the database, then workers are started: processes of `jackfield worker`.
Endpoints belong to several projects and have an address of their own each. Some may be dead (refuse
connections), silent (take them and never answer) or slow (answer after two seconds).
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString

from bench.disk import SIZES
from bench.processes import free_port, processor_seconds, resident_megabytes, running
from bench.served_hub import JACKFIELD, settings_of
from jackfield.app import open_hub
from jackfield.db.tx import Database
from jackfield.events.models import EventType
from jackfield.installation import open_database
from jackfield.kit.actor import Actor
from jackfield.kit.clock import system_clock
from jackfield.kit.ids import EventId, ProjectId
from jackfield.metrics.repo import queues
from jackfield.projects import service as projects
from jackfield.settings import Settings
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.backlog.repo import Backlogs
from jackfield.webhooks.models import EndpointChange

ACTOR = Actor.command("bench")
ACCOUNTS_OF_ENDPOINT = 10
MARKS = (5, 10, 25, 50, 75, 90, 99)
_AT_ONCE = 10_000
_EVENT: LiteralString = """
    insert into events (id, project_id, type, subject, body, created_at)
    values (:id, :project_id, :type, :subject, :body, :at)
"""
_DELIVERY: LiteralString = """
    insert into webhook_deliveries
           (endpoint_id, event_id, project_id, status, attempts, due_at, created_at, updated_at)
    values (:endpoint_id, :id, :project_id, 'pending', 0, :at, :at, :at)
"""


@dataclass(frozen=True)
class Load:
    events: int
    endpoints: int
    projects: int = 10
    workers: int = 1
    dead: int = 0
    silent: int = 0
    slow: int = 0
    database: str | None = None

    @property
    def quick(self) -> int:
        return self.endpoints - self.dead - self.silent - self.slow

    @property
    def told(self) -> int:
        """How many events are told to endpoints that answer at once: those with the first numbers."""
        whole, rest = divmod(self.events, self.endpoints)
        return whole * self.quick + min(rest, self.quick)


@dataclass
class Found:
    fill_seconds: float = 0.0
    bytes_before: float = 0.0
    bytes_filled: float = 0.0
    bytes_after: float = 0.0
    backlog_ms: float = 0.0
    queues_ms: float = 0.0
    memory_mb: float = 0.0
    cpu_ms: float = 0.0
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def last(self) -> dict[str, Any]:
        return self.steps[-1]

    def at(self, percent: int, total: int) -> dict[str, Any]:
        """Return what was seen after a part of the events, or at the end."""
        least = total * percent / 100
        return next((each for each in self.steps if each["told"] >= least), self.last)


def measure(load: Load) -> Found:
    with tempfile.TemporaryDirectory() as name, receivers(load) as receiver:
        assert receiver.stdout is not None
        port = int(receiver.stdout.readline())
        folder, found = Path(name), Found()
        asyncio.run(prepare(folder / "data", load, port, found))
        settings = settings_of(
            folder,
            database=load.database,
            JACKFIELD_ALLOW_PRIVATE_NETWORKS="1",
            JACKFIELD_LOG_LEVEL="error",
        )
        with contextlib.ExitStack() as stack, (folder / "log").open("wb") as log:
            workers = [
                stack.enter_context(running([*JACKFIELD, "worker"], env=settings, output=log))
                for _ in range(load.workers)
            ]
            # Interrupted, it says how far it came.
            with contextlib.suppress(KeyboardInterrupt):
                while not found.steps or found.last["told"] < load.told:
                    found.steps.append(json.loads(receiver.stdout.readline()))
                    held = [resident_megabytes(each.pid, "VmHWM") for each in workers]
                    found.memory_mb = max(found.memory_mb, *held)
            busy = sum(processor_seconds(each.pid) for each in workers)
        found.cpu_ms = busy / found.last["told"] * 1000
        found.bytes_after = asyncio.run(size_after(folder / "data", load))
    return found


@contextlib.contextmanager
def receivers(load: Load) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "bench.webhook_receivers", str(load.told), str(load.quick)]
    # Not interrupted with the bench.
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def prepare(folder: Path, load: Load, port: int, found: Found) -> None:
    settings = Settings(data_dir=folder, database_url=load.database, allow_private_networks=True)
    if load.database:
        async with open_database(settings) as db:
            await db.migrate()
    async with open_hub(settings, public_url="http://localhost") as hub:
        owners: list[ProjectId] = []
        endpoints: list[str] = []
        for number in range(load.projects):
            project = await projects.ensure_project(hub, ACTOR, f"bench {number}")
            owners.append(project.id)
        for number in range(load.endpoints):
            wanted = EndpointChange(url_of(number, load, port), (EventType.ACCOUNT_UPDATED,))
            async with hub.db.write(owners[number % load.projects], ACTOR) as tx:
                endpoint, _ = await webhooks.create(tx, hub.vault, wanted, private=True)
            endpoints.append(endpoint.id)
        found.bytes_before = await size(hub.db, load)
        began = time.perf_counter()
        await fill(hub.db, load, owners, endpoints)
        found.fill_seconds = time.perf_counter() - began
        found.bytes_filled = await size(hub.db, load)
        began = time.perf_counter()
        async with hub.db.read(owners[0]) as tx:
            shown = await Backlogs(tx).all()
        found.backlog_ms = (time.perf_counter() - began) * 1000
        assert sum(each.pending for each in shown.values()) > 0
        began = time.perf_counter()
        await queues(hub.db)
        found.queues_ms = (time.perf_counter() - began) * 1000


def url_of(number: int, load: Load, port: int) -> str:
    """Return an endpoint's URL: quick ones first, then slow, silent and dead ones."""
    address = f"127.1.{number // 250}.{number % 250 + 1}"
    if number < load.quick:
        return f"http://{address}:{port}/quick/{number}"
    if number < load.quick + load.slow:
        return f"http://{address}:{port}/slow/{number}"
    if number < load.quick + load.slow + load.silent:
        return f"http://{address}:{port}/silent/{number}"
    return f"http://{address}:{free_port()}/dead/{number}"


async def fill(db: Database, load: Load, owners: list[ProjectId], endpoints: list[str]) -> None:
    """Add events to one endpoint after the other, each a moment later."""
    # In the past: all is due.
    started = system_clock() - timedelta(seconds=60)
    for project in range(load.projects):
        mine = [n for n in range(load.events) if n % load.endpoints % load.projects == project]
        for start in range(0, len(mine), _AT_ONCE):
            rows: list[dict[str, object]] = []
            for n in mine[start : start + _AT_ONCE]:
                at = started + timedelta(microseconds=n)
                endpoint = n % load.endpoints
                account = n // load.endpoints % ACCOUNTS_OF_ENDPOINT
                body = {
                    "project_id": owners[project],
                    "event": EventType.ACCOUNT_UPDATED,
                    "event_date": at.isoformat(),
                    "record_type": "account",
                    "record_id": f"acc_{endpoint}_{account}",
                    "provider": "iterable",
                    "origin_owner_id": f"customer-{endpoint}",
                    "status": "active",
                    "account": account,
                    "n": n,
                }
                rows.append(
                    {
                        "id": EventId.new(at, place=n % 1000),
                        "type": EventType.ACCOUNT_UPDATED,
                        "subject": body["record_id"],
                        "body": json.dumps(body),
                        "at": at,
                        "endpoint_id": endpoints[endpoint],
                    }
                )
            async with db.write(owners[project], ACTOR) as tx:
                await tx.executemany(_EVENT, rows)
                await tx.executemany(_DELIVERY, rows)
    await db.unscoped("analyze")


async def size(db: Database, load: Load) -> float:
    (row,) = await db.unscoped(SIZES["PostgreSQL" if load.database else "SQLite"])
    return float(row["bytes"])


async def size_after(folder: Path, load: Load) -> float:
    async with open_database(Settings(data_dir=folder, database_url=load.database)) as db:
        return await size(db, load)


def report(load: Load, found: Found) -> None:
    last = found.last
    where = "PostgreSQL" if load.database else "SQLite"
    megabytes = 1024 * 1024
    print(
        f"{where}, {load.workers} worker(s), {load.events:,} events to {load.endpoints:,} endpoints"
        f" of {load.projects} projects: {load.dead} dead, {load.silent} silent, {load.slow} slow"
    )
    print(
        f"  {last['told']:,} of {load.told:,} told to {load.quick:,} quick ones in"
        f" {last['seconds']:.1f} s: {last['told'] / last['seconds']:,.0f}/s, {found.cpu_ms:.2f} ms of CPU each;"
        f" {last['early']} out of order, {last['repeated']} repeated"
    )
    print(
        f"  memory of a worker at most {found.memory_mb:.0f} MB; {last['most_connections']}"
        f" connections at once, {last['accepted']:,} in all; meanwhile to slow ones"
        f" {last['slow']}, to silent ones {last['silent']}"
    )
    print(
        f"  filled in {found.fill_seconds:.0f} s; backlog of a project's endpoints read in"
        f" {found.backlog_ms:.0f} ms, queues for metrics in {found.queues_ms:.0f} ms"
    )
    print(
        f"  database {found.bytes_before / megabytes:.0f} MB before,"
        f" {found.bytes_filled / megabytes:.0f} MB filled, {found.bytes_after / megabytes:.0f} MB after"
    )
    for mark in MARKS:
        at = found.at(mark, load.told)
        share = at["least"] / at["mean"]
        print(
            f"  after {mark:2} %: {at['told'] / at['seconds']:,.0f}/s so far; slowest endpoint has"
            f" {share:.2f} of the mean {at['mean']:,.0f}, most {at['most']:,}"
        )
