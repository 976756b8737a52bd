"""What the audit log costs: a record in a transaction, its verification, and a use of a credential.

`python -m bench.audit`; on SQLite, in a temporary folder.
"""

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from jackfield.audit import chain
from jackfield.audit.database import verify_chains
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record, seal
from jackfield.audit.tallies import Tallies, Use
from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.write_buffer import WriteBuffer
from jackfield.kit.actor import Actor
from jackfield.kit.clock import system_clock
from jackfield.kit.ids import ProjectId
from jackfield.vault.audit_keys import AuditKeys
from jackfield.vault.keyring import Keyring

_ACTOR = Actor.command("bench")
_TRANSACTIONS, _USES = 500, 20_000


async def measure() -> dict[str, float]:
    """Return figures by what they are of."""
    with tempfile.TemporaryDirectory() as folder:
        db = SqliteDatabase(Path(folder) / "bench.db")
        await db.migrate()
        try:
            return await _measure(db)
        finally:
            await db.close()


async def _measure(db: SqliteDatabase) -> dict[str, float]:
    now = datetime.now(UTC)
    project, keys = ProjectId.new(now), AuditKeys(Keyring.mint(now))
    found: dict[str, float] = {}
    for name, is_recorded in (("without", False), ("with", True)):
        started = time.perf_counter()
        for number in range(_TRANSACTIONS):
            async with db.write(project, _ACTOR) as tx:
                await tx.one("select id from projects where id = :project_id")
                if is_recorded:
                    details = {"number": number}
                    await record(tx, AuditKind.SETTINGS_CHANGED, project, details=details)
        found[f"a transaction {name} a record, µs"] = _micros(started, _TRANSACTIONS)
    buffer = WriteBuffer(db)
    tallies = Tallies(buffer, system_clock)
    use: Use = (_ACTOR, "acc_1", "list", "read", "api.example.com", True)
    started = time.perf_counter()
    for _ in range(_USES):
        tallies.note_use(project, use, now)
    found["a use that only reads, µs"] = _micros(started, _USES)
    write: Use = (_ACTOR, "acc_1", "list", "write", "api.example.com", True)
    started = time.perf_counter()
    for number in range(_USES):
        tallies.note_use(project, write, now, run_id=f"run_{number}")
    found["a use that may have written, µs"] = _micros(started, _USES)
    await buffer.flush()
    await buffer.close()
    started = time.perf_counter()
    more = True
    while more:
        async with db.write(project, _ACTOR) as tx:
            more = await seal(tx)
    found["making it a record, µs"] = _micros(started, _USES)
    started = time.perf_counter()
    async with db.write(project, _ACTOR) as tx:
        await chain.sign(tx, keys)
    found["signing, µs"] = _micros(started, 1)
    started = time.perf_counter()
    verified = await verify_chains(db, keys, system_clock())
    assert verified.fault is None
    found["verifying a record, µs"] = _micros(started, verified.records)
    return found


def _micros(started: float, count: int) -> float:
    return (time.perf_counter() - started) / count * 1e6


if __name__ == "__main__":
    for what, took in asyncio.run(measure()).items():
        print(f"{what:36}{took:10.1f}")
