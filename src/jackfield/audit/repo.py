"""Repository of the audit log, whose records are only ever added, and pruned from the oldest on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, LiteralString

import structlog

from jackfield.audit.filters import AuditFilter
from jackfield.audit.models import (
    AuditRecordNotFound,
    Chain,
    Checkpoint,
    Record,
    Signed,
    StoredRecord,
    Tally,
)
from jackfield.db.tx import Database, Row, Transactions, Tx
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import decode
from jackfield.kit.pages import Page

_AT_ONCE: Final = 500

_log = structlog.get_logger()
_HOUR: Final = "%Y-%m-%dT%H"
# What records are found by, and where it stands in them.
_REPEATED: Final = (
    "recorded_at",
    "family",
    "kind",
    "actor_kind",
    "actor_id",
    "target",
    "account_id",
    "action_id",
    "effect",
    "address",
    "request_id",
)


class AuditLog:
    """The audit log of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def chain(self) -> Chain | None:
        """Return the state of the chain; none before its first record."""
        row = await self._tx.one(
            """
            select project_id, seq, hash, signed_seq, pruned_seq, pruned_body, pruned_signature
              from audit_chains
             where project_id = :project_id
            """
        )
        if row is None:
            return None
        body = row["pruned_body"]
        return Chain(
            ProjectId(row["project_id"]),
            row["seq"],
            row["hash"],
            row["signed_seq"],
            row["pruned_seq"],
            None if body is None else Signed(body, row["pruned_signature"]),
        )

    async def add(self, records: Sequence[StoredRecord]) -> None:
        """Add records; the chain is moved to the last of them by `move`."""
        await self._tx.executemany(
            """
            insert into audit_records
                   (project_id, seq, hash, body, recorded_at, family, kind, actor_kind, actor_id,
                    target, account_id, action_id, effect, address, request_id)
            values (:project_id, :seq, :hash, :body, :recorded_at, :family, :kind, :actor_kind,
                    :actor_id, :target, :account_id, :action_id, :effect, :address, :request_id)
            """,
            [
                {
                    "seq": each.record.seq,
                    "hash": each.hash,
                    "body": each.body,
                    **_repeated(each.record),
                }
                for each in records
            ],
        )

    async def move(self, chain: Chain) -> None:
        """Store the end of the chain."""
        await self._tx.run(
            """
            insert into audit_chains (project_id, seq, hash, signed_seq, pruned_seq)
            values (:project_id, :seq, :hash, 0, 0)
                on conflict (project_id) do update
               set seq = excluded.seq, hash = excluded.hash
            """,
            seq=chain.seq,
            hash=chain.hash,
        )

    async def keep(self, point: Checkpoint, signed: Signed) -> None:
        """Store a checkpoint in place of the one before it in the same hour."""
        await self._tx.run(
            """
            insert into audit_checkpoints (project_id, hour, seq, body, signature)
            values (:project_id, :hour, :seq, :body, :signature)
                on conflict (project_id, hour) do update
               set seq = excluded.seq, body = excluded.body, signature = excluded.signature
            """,
            hour=f"{point.at:{_HOUR}}",
            seq=point.seq,
            body=signed.body,
            signature=signed.signature,
        )
        await self._tx.run(
            "update audit_chains set signed_seq = :seq where project_id = :project_id",
            seq=point.seq,
        )

    async def last_before(self, moment: datetime, *, upto: int) -> StoredRecord | None:
        """Return the last record from before a moment, up to a place in the chain."""
        row = await self._tx.one(
            """
            select body, hash
              from audit_records
             where project_id = :project_id and seq <= :upto and recorded_at < :moment
             order by seq desc
             limit 1
            """,
            upto=upto,
            moment=moment,
        )
        return None if row is None else _stored(row)

    async def prune(self, stub: Checkpoint, signed: Signed) -> None:
        """Delete the records and checkpoints up to the one that a stub stands for."""
        await self._tx.run(
            "delete from audit_records where project_id = :project_id and seq <= :seq",
            seq=stub.seq,
        )
        await self._tx.run(
            "delete from audit_checkpoints where project_id = :project_id and seq <= :seq",
            seq=stub.seq,
        )
        await self._tx.run(
            """
            update audit_chains
               set pruned_seq = :seq, pruned_body = :body, pruned_signature = :signature
             where project_id = :project_id
            """,
            seq=stub.seq,
            body=signed.body,
            signature=signed.signature,
        )

    async def get(self, seq: int) -> StoredRecord:
        """
        Return one record.

        Raises:
            AuditRecordNotFound: there is none at this place, or no longer.
        """
        row = await self._tx.one(
            """
            select body, hash
              from audit_records
             where project_id = :project_id and seq = :seq
            """,
            seq=seq,
        )
        if row is None:
            raise AuditRecordNotFound
        return _stored(row)

    async def page(self, only: AuditFilter, *, before: int | None, size: int) -> Page[StoredRecord]:
        """Return the newest records that a filter lets through, from before a place on."""
        where, values = only.conditions()
        begin: LiteralString = "" if before is None else " and seq < :before_seq"
        rows = await self._tx.all(
            f"""
            select seq, body, hash
              from audit_records
             where project_id = :project_id {begin} {where}
             order by seq desc
             limit :upto
            """,  # noqa: S608 - the conditions are made of literals
            upto=size + 1,
            **({} if before is None else {"before_seq": before}),
            **values,
        )
        last = str(rows[size - 1]["seq"]) if len(rows) > size else None
        return Page(tuple(map(_stored, rows[:size])), last)

    async def after(self, seq: int, *, upto: int, size: int = _AT_ONCE) -> list[Row]:
        """Return the rows of records after a place, oldest first."""
        return await self._tx.all(
            """
            select seq, hash, body, recorded_at, family, kind, actor_kind, actor_id, target,
                   account_id, action_id, effect, address, request_id
              from audit_records
             where project_id = :project_id and seq > :seq and seq <= :last
             order by seq
             limit :size
            """,
            seq=seq,
            last=upto,
            size=size,
        )

    async def checkpoints(self, *, after: int = 0) -> list[tuple[int, Signed]]:
        """Return the checkpoints after a place, with the places that they sign, oldest first."""
        rows = await self._tx.all(
            """
            select seq, body, signature
              from audit_checkpoints
             where project_id = :project_id and seq > :seq
             order by seq
            """,
            seq=after,
        )
        return [(row["seq"], Signed(row["body"], row["signature"])) for row in rows]

    async def last_checkpoint(self) -> Signed | None:
        row = await self._tx.one(
            """
            select body, signature
              from audit_checkpoints
             where project_id = :project_id
             order by seq desc
             limit 1
            """
        )
        return None if row is None else Signed(row["body"], row["signature"])

    async def take_tallies(self, *, most: int) -> list[tuple[Tally, int]]:
        """Delete up to `most` tallies that are due, and return them with what they counted."""
        rows = await self._tx.all(
            """
            delete from audit_tallies
             where project_id = :project_id
               and digest in (select digest
                                from audit_tallies
                               where project_id = :project_id and due_at <= :now
                               order by due_at
                               limit :most)
            returning body, count, due_at
            """,
            most=most,
        )
        taken = [(tally, row["count"]) for row in rows if (tally := _tally(row["body"]))]
        return sorted(taken, key=lambda each: each[0].since)


TALLY: Final = """
insert into audit_tallies (project_id, digest, due_at, body, count)
values (:project_id, :digest, :due_at, :body, :count)
    on conflict (project_id, digest) do update
   set count = audit_tallies.count + excluded.count
"""


async def chains_to_sign(db: Transactions) -> list[ProjectId]:
    """Return the projects whose chains end with a record that is not signed."""
    rows = await db.unscoped("select project_id from audit_chains where seq > signed_seq")
    return [ProjectId(row["project_id"]) for row in rows]


async def projects_with_tallies(db: Database) -> list[ProjectId]:
    """Return the projects that have tallies which are due."""
    rows = await db.unscoped("select distinct project_id from audit_tallies where due_at <= :now")
    return [ProjectId(row["project_id"]) for row in rows]


async def all_chains(db: Database) -> list[ProjectId]:
    """Return the projects that have a chain, the installation among them."""
    rows = await db.unscoped("select project_id from audit_chains order by project_id")
    return [ProjectId(row["project_id"]) for row in rows]


def _repeated(record: Record) -> Mapping[str, object]:
    """Return the columns that repeat what a record says."""
    account = record.target if (record.target or "").startswith("acc_") else None
    return {
        "recorded_at": record.at,
        "family": record.kind.family,
        "kind": record.kind.value,
        "actor_kind": record.actor.kind.value,
        "actor_id": record.actor.id,
        "target": record.target,
        "account_id": record.detail("account_id") or account,
        "action_id": record.detail("action"),
        "effect": record.detail("effect"),
        "address": record.address,
        "request_id": record.request_id,
    }


def is_repeated(row: Row) -> bool:
    """Tell whether the columns of a row say what its record says."""
    try:
        found = _repeated(decode(row["body"], Record))
    except ValueError:
        return False
    return all(found[name] == row[name] for name in _REPEATED)


def _tally(body: str) -> Tally | None:
    """Read a tally; one that was written by another hand does not hold up those after it."""
    try:
        return decode(body, Tally)
    except ValueError:
        _log.error("audit_tally_unreadable")
        return None


def _stored(row: Row) -> StoredRecord:
    return StoredRecord(decode(row["body"], Record), row["body"], row["hash"])
