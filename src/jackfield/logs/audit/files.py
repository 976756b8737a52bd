"""Files of records that a query finds, as lines of JSON or as CSV, and parts of the chain."""

import csv
import io
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from jackfield.audit.export import chain_lines, header_line, part_of
from jackfield.audit.filters import AuditFilter
from jackfield.audit.models import NO_HASH, Chain, Record, StoredRecord
from jackfield.audit.repo import AuditLog
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import encode
from jackfield.runtime import Hub

AuditFormat: TypeAlias = Literal["ndjson", "csv", "chain"]

MOST_RECORDS: Final = 10_000
TYPES: Final[dict[AuditFormat, str]] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "chain": "application/x-ndjson",
}
_AT_ONCE: Final = 500
_COLUMNS: Final = (
    "seq", "at", "kind", "actor_kind", "actor_id", "via", "target", "address", "request_id",
    "before", "after", "details",
)  # fmt: skip
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class AuditFile:
    """A file of records; `next` is where another one goes on, if this is not all."""

    content: bytes
    next: str | None


async def found_file(
    hub: Hub,
    project_id: ProjectId,
    only: AuditFilter,
    kind: Literal["ndjson", "csv"],
    *,
    before: int | None = None,
) -> AuditFile:
    """Return a file of up to `MOST_RECORDS` records that a filter lets through, newest first."""
    pieces: list[bytes] = []
    left, following = MOST_RECORDS, None
    while left:
        async with hub.db.read(project_id) as tx:
            page = await AuditLog(tx).page(only, before=before, size=min(_AT_ONCE, left))
        if kind == "csv":
            pieces.append(_as_csv(page.items, with_header=not pieces))
        else:
            pieces += [each.body.encode() + b"\n" for each in page.items]
        left, following = left - len(page.items), page.next
        if following is None:
            break
        before = int(following)
    return AuditFile(b"".join(pieces), following)


async def chain_file(hub: Hub, project_id: ProjectId, *, after: int | None = None) -> AuditFile:
    """Return up to `MOST_RECORDS` records as they are chained, oldest first, to be verified."""
    hash_ = NO_HASH
    async with hub.db.read(project_id) as tx:
        log = AuditLog(tx)
        chain = await log.chain() or Chain(project_id)
        first = chain.pruned_seq if after is None else max(after, chain.pruned_seq)
        if first > chain.pruned_seq:
            hash_ = (await log.get(first)).hash
        end = min(chain.seq, first + MOST_RECORDS)
        last = chain if end == chain.seq else await _ending(log, chain, end)
    keys = hub.vault.audit_keys
    part = part_of(last, after=first, after_hash=hash_)
    pieces = [header_line([part], keys, hub.clock())]
    pieces += [line async for line in chain_lines(hub.db, last, after=first, most=end - first)]
    return AuditFile(b"".join(pieces), str(end) if end < chain.seq else None)


async def _ending(log: AuditLog, chain: Chain, seq: int) -> Chain:
    """Return a chain as if it ended with an earlier record."""
    record = await log.get(seq)
    return Chain(chain.project_id, seq, record.hash, seq, chain.pruned_seq, chain.pruned)


def _as_csv(records: tuple[StoredRecord, ...], *, with_header: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    if with_header:
        writer.writerow(_COLUMNS)
    for each in records:
        writer.writerow([_cell(value) for value in _cells(each.record)])
    return text.getvalue().encode()


def _cells(record: Record) -> tuple[object, ...]:
    return (
        record.seq,
        record.at.isoformat(),
        record.kind.value,
        record.actor.kind.value,
        record.actor.id,
        record.actor.via,
        record.target,
        record.address,
        record.request_id,
        *(each and encode(each).decode() for each in (record.before, record.after, record.details)),
    )


def _cell(value: object) -> object:
    # What a program of tables would take for a formula is text.
    is_formula = isinstance(value, str) and value.startswith(_FORMULAS)
    return f"'{value}" if is_formula else value
