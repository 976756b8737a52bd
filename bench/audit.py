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
from jackfield.projects.repo import Projects
from jackfield.vault.audit_keys import AuditKeys
from jackfield.vault.keyring import Keyring

_ACTOR = Actor.command("bench")
_TRANSACTIONS, _USES = 500, 5000


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
    async with db.write(project, _ACTOR) as tx:
        await Projects(tx).add("bench")
    for name, is_recorded in (("without", False), ("with", True)):
        started = time.process_time()
        for number in range(_TRANSACTIONS):
            async with db.write(project, _ACTOR) as tx:
                await tx.touch()
                if is_recorded:
                    details = {"number": number}
                    await record(tx, AuditKind.SETTINGS_CHANGED, project, details=details)
        spent = (time.process_time() - started) / _TRANSACTIONS * 1e6
        found[f"a change {name} a record, µs of processor time"] = spent
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
    started = time.process_time()
    await buffer.flush()
    await buffer.close()
    found["its record, µs of processor time"] = (time.process_time() - started) / _USES * 1e6
    async with db.write(project, _ACTOR) as tx:
        await seal(tx)
    started = time.perf_counter()
    for _ in range(_TRANSACTIONS):
        keys.sign(b"{}")
    found["signing, µs"] = _micros(started, _TRANSACTIONS)
    async with db.write(project, _ACTOR) as tx:
        await chain.sign(tx, keys)
    started = time.process_time()
    verified = await verify_chains(db, keys, system_clock())
    assert verified.fault is None
    spent = (time.process_time() - started) / verified.records * 1e6
    found["verifying a record, µs of processor time"] = spent
    return found


def _micros(started: float, count: int) -> float:
    return (time.perf_counter() - started) / count * 1e6


if __name__ == "__main__":
    for what, took in asyncio.run(measure()).items():
        print(f"{what:48}{took:10.1f}")
