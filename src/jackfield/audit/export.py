"""
The audit log as lines of JSON, which `verification` reads, and a program without the hub as well.

The first line says what the file holds, and is signed. A record stands in its line as it is hashed,
to the byte: what follows `"record":`, without the last brace.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from jackfield.audit.models import NO_HASH, Chain, Checkpoint, Signed
from jackfield.audit.repo import AuditLog, all_chains
from jackfield.db.tx import Database, Row
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import decode, encode
from jackfield.vault.audit_keys import AuditKeys

FORMAT: Final = "jackfield-audit-1"
_AT_ONCE: Final = 500


class ChainPart(Struct, frozen=True):
    """
    A part of a chain: its records after `after` up to `seq`, and the hashes of both.

    `begins` says what comes before it: nothing, records that were pruned, or others that are
    not in this file.
    """

    chain: str
    begins: Literal["whole", "pruned", "later"]
    after: int
    after_hash: str
    seq: int
    hash: str


class Header(Struct, frozen=True):
    """The first line of an export; `keys` are the public halves of those that sign it."""

    format: str
    at: datetime
    key: str
    keys: dict[str, str]
    chains: tuple[ChainPart, ...]


def part_of(chain: Chain, *, after: int | None = None, after_hash: str = NO_HASH) -> ChainPart:
    """Return the whole of a chain, or what follows one of its records."""
    if after is not None and after > chain.pruned_seq:
        return ChainPart(chain.project_id, "later", after, after_hash, chain.seq, chain.hash)
    if chain.pruned is None:
        return ChainPart(chain.project_id, "whole", 0, NO_HASH, chain.seq, chain.hash)
    stub = decode(chain.pruned.body, Checkpoint)
    return ChainPart(chain.project_id, "pruned", chain.pruned_seq, stub.hash, chain.seq, chain.hash)


async def export(
    db: Database,
    keys: AuditKeys,
    at: datetime,
    *,
    only: Sequence[ProjectId] = (),
) -> AsyncGenerator[bytes]:
    """Yield the lines of the chains of all projects, or of some, as they are at one moment."""
    chains: list[Chain] = []
    for project_id in only or await all_chains(db):
        async with db.read(project_id) as tx:
            chain = await AuditLog(tx).chain()
        if chain is not None:
            chains.append(chain)
    yield header_line([part_of(each) for each in chains], keys, at)
    for chain in chains:
        async for line in chain_lines(db, chain):
            yield line


async def chain_lines(
    db: Database,
    chain: Chain,
    *,
    after: int | None = None,
    most: int | None = None,
    on_row: Callable[[Chain, Row], None] = lambda _, __: None,
) -> AsyncGenerator[bytes]:
    """Yield the lines of a chain from a record on, with the checkpoints among them."""
    project_id = ProjectId(chain.project_id)
    seq = chain.pruned_seq if after is None else after
    if chain.pruned is not None and seq == chain.pruned_seq:
        yield checkpoint_line(chain.pruned)
    async with db.read(project_id) as tx:
        points = await AuditLog(tx).checkpoints(after=seq)
        # What was signed since the chain was looked at is of records that are not read here.
        now = await AuditLog(tx).chain() or chain
    points = [each for each in points if each[0] <= chain.seq or each[0] > now.seq]
    left = chain.seq - seq if most is None else most
    while left > 0:
        async with db.read(project_id) as tx:
            rows = await AuditLog(tx).after(seq, upto=chain.seq, size=min(_AT_ONCE, left))
        if not rows:
            break
        for row in rows:
            while points and points[0][0] < row["seq"]:
                yield checkpoint_line(points.pop(0)[1])
            on_row(chain, row)
            yield record_line(row)
        seq, left = rows[-1]["seq"], left - len(rows)
    for place, point in points:
        # Of records after the end there are none, unless some are missing.
        if place <= seq or most is None:
            yield checkpoint_line(point)


def header_line(parts: Sequence[ChainPart], keys: AuditKeys, at: datetime) -> bytes:
    """Return the first line of an export of these parts."""
    body = encode(Header(FORMAT, at, keys.current, keys.public_keys(), tuple(parts)))
    return _signed_line(b"export", keys.sign(body), body)


def checkpoint_line(signed: Signed) -> bytes:
    """Return the line of a checkpoint."""
    return _signed_line(b"checkpoint", signed.signature, signed.body.encode())


def record_line(row: Row) -> bytes:
    """Return the line of a record."""
    return b'{"hash":"%s","record":%s}\n' % (row["hash"].encode(), row["body"].encode())


def _signed_line(name: bytes, signature: str, body: bytes) -> bytes:
    return b'{"signature":"%s","%s":%s}\n' % (signature.encode(), name, body)
