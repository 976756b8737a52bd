"""
Counts of what happens too often for a record each: uses of credentials for reads, and denials.

They are written with the rows of the log, and become one record a minute. A use that may have
written is a record of its own at once, in the transaction of its run's row.
"""

import hashlib
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import structlog
from msgspec import structs

from jackfield.audit import chain
from jackfield.audit.models import INSTALLATION, AuditKind, Record, Tally
from jackfield.audit.repo import TALLY, AuditLog
from jackfield.db.tx import Tx
from jackfield.db.write_buffer import WriteBuffer
from jackfield.kit import source_address
from jackfield.kit.actor import Actor
from jackfield.kit.clock import Clock
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json, encode

USED: Final = AuditKind.CREDENTIALS_USED
DENIED: Final = AuditKind.ACCESS_DENIED
READS: Final = frozenset({"read", "search"})
_MINUTE: Final = timedelta(minutes=1)
# Of one minute and process. What would be more is counted together, without its source.
MOST_DENIALS: Final = 200
_MOST_WAITING: Final = 50_000

_log = structlog.get_logger()


# Who used the credentials of which account, for what action and effect, at which host, and whether
# that succeeded: the same of uses that are counted together. A tuple, as each run makes one.
Use: TypeAlias = tuple[Actor, str, str, str, str, bool]


class Tallies:
    """What this process counts."""

    def __init__(self, buffer: WriteBuffer, clock: Clock) -> None:
        self._buffer = buffer
        self._clock = clock
        # Rows that wait in the buffer, since so many flushes.
        self._waiting: dict[tuple[ProjectId, tuple[object, ...]], dict[str, Json]] = {}
        self._flushes = -1
        # Records of uses that may have written, for the transaction of their runs.
        self._writes: defaultdict[ProjectId, list[Record]] = defaultdict(list)
        buffer.also = self._append
        self._denied: set[tuple[object, ...]] = set()
        self._denied_in: datetime | None = None

    def note_use(
        self,
        project_id: ProjectId,
        use: Use,
        at: datetime,
        *,
        run_id: str = "",
        request_id: str | None = None,
    ) -> None:
        """
        Count a use that only read, or record one that may have written.

        A record is appended with the row of its run, which waits in the buffer already.
        """
        address = source_address.current()
        if use[3] in READS:
            since = at.replace(second=0, microsecond=0)
            key = (since, address, use)
            # As `_again` does, without a call: each run comes by.
            if self._flushes == self._buffer.flushes and (
                row := self._waiting.get((project_id, key))
            ):
                row["count"] += 1
                return
            self._begin()
            tally = Tally(USED, use[0], since, use[1], address, None, _details(use))
            self._add(project_id, key, tally, due_at=since + _MINUTE)
            return
        details = _details(use) | {"run_id": run_id, "since": at, "count": 1}
        drafts = self._writes[project_id]
        if len(drafts) >= _MOST_WAITING:
            # As the buffer does with the rows of the log.
            _log.error("audit_records_dropped", count=len(drafts))
            drafts.clear()
        drafts.append(Record("", 0, at, USED, use[0], use[1], address, request_id, details=details))

    def note_denial(
        self, project_id: ProjectId | None, code: str, *, at: str, key_id: str | None = None
    ) -> None:
        """
        Count a request that was denied for `code`; `at` is the surface that denied it.

        What is not known to belong to a project is in the log of the installation.
        """
        since = self._clock().replace(second=0, microsecond=0)
        if self._denied_in != since:
            self._denied.clear()
            self._denied_in = since
        chain, address = project_id or INSTALLATION, source_address.current()
        key = (since, chain, code, at, address, key_id)
        if key not in self._denied and len(self._denied) >= MOST_DENIALS:
            # From so many places that they could fill the disk.
            address = key_id = None
            key = (since, chain, code, at, None, None)
        else:
            self._denied.add(key)
        if self._again(chain, key):
            return
        details: dict[str, Json] = {"code": code, "surface": at}
        tally = Tally(DENIED, Actor.unknown(), since, key_id, address, None, details)
        self._add(chain, key, tally, due_at=since + _MINUTE)

    async def _append(self, tx: Tx) -> None:
        """Append what waits to the chain of the transaction's project."""
        if drafts := self._writes.pop(tx.project_id, None):
            await chain.append(tx, [structs.replace(each, at=tx.now) for each in drafts])

    def _again(self, project_id: ProjectId, key: tuple[object, ...]) -> bool:
        """Count once more what waits in the buffer yet; return false if it does not."""
        self._begin()
        row = self._waiting.get((project_id, key))
        if row is None:
            return False
        row["count"] += 1
        return True

    def _begin(self) -> None:
        """Forget the rows that a flush has taken."""
        if self._flushes != self._buffer.flushes:
            self._waiting.clear()
            self._flushes = self._buffer.flushes

    def _add(
        self, project_id: ProjectId, key: tuple[object, ...], tally: Tally, *, due_at: datetime
    ) -> None:
        body = encode(tally)
        row: dict[str, Json] = {
            "digest": hashlib.sha256(body).hexdigest(),
            "due_at": due_at,
            "body": body.decode(),
            "count": 1,
        }
        self._buffer.append(project_id, TALLY, row)
        self._waiting[project_id, key] = row


def _details(use: Use) -> dict[str, Json]:
    _, account_id, action, effect, host, has_succeeded = use
    return {
        "account_id": account_id,
        "action": action,
        "host": host,
        "effect": effect,
        "outcome": "succeeded" if has_succeeded else "failed",
    }


async def taken(tx: Tx, *, most: int) -> list[Record]:
    """Take up to `most` tallies that are due, as records to be appended."""
    return [
        Record(
            chain="",
            seq=0,
            at=tx.now,
            kind=tally.kind,
            actor=tally.actor,
            target=tally.target,
            address=tally.address,
            request_id=tally.request_id,
            details={**(tally.details or {}), "since": tally.since, "count": count},
        )
        for tally, count in await AuditLog(tx).take_tallies(most=most)
    ]
