"""Chains of records: each record's hash covers the one before it."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from msgspec import structs

from jackfield.audit.models import Chain, Checkpoint, Record, Signed, StoredRecord
from jackfield.audit.repo import AuditLog
from jackfield.db.tx import Tx
from jackfield.kit.json import decode, encode
from jackfield.vault.audit_keys import AuditKeys, is_audit_signature

_MOST_AT_ONCE: Final = 500


def link(before: str, body: bytes) -> str:
    """Return the hash of a record that follows one with the hash `before`."""
    return hashlib.sha256(bytes.fromhex(before) + body).hexdigest()


async def append(tx: Tx, drafts: Sequence[Record]) -> None:
    """
    Append records to the chain of the transaction's project; their place there is given to them.

    Transactions that write to one project take turns on both databases, so that none waits here.
    """
    log = AuditLog(tx)
    chain = await log.chain() or Chain(tx.project_id)
    for start in range(0, len(drafts), _MOST_AT_ONCE):
        stored: list[StoredRecord] = []
        for draft in drafts[start : start + _MOST_AT_ONCE]:
            record = _placed(draft, chain)
            body = encode(record)
            chain = replace(chain, seq=record.seq, hash=link(chain.hash, body))
            stored.append(StoredRecord(record, body.decode(), chain.hash))
        await log.add(stored)
    await log.move(chain)


async def sign(tx: Tx, keys: AuditKeys) -> Checkpoint | None:
    """Sign the end of the project's chain, if it is not signed yet."""
    log = AuditLog(tx)
    chain = await log.chain()
    if chain is None or chain.signed_seq >= chain.seq:
        return None
    point = Checkpoint("checkpoint", chain.project_id, chain.seq, chain.hash, tx.now, keys.current)
    await log.keep(point, signed(point, keys))
    return point


async def prune(tx: Tx, keys: AuditKeys, *, before: datetime, most: int) -> int:
    """
    Delete up to `most` records from before a moment, and sign what they ended with.

    Returns how many went. The last record of a chain stays, and none goes that no checkpoint has
    signed.
    """
    log = AuditLog(tx)
    chain = await log.chain()
    if chain is None:
        return 0
    if chain.pruned is not None:
        await _sign_stub_again(log, chain.pruned, keys)
    last = await log.last_before(before, upto=min(chain.pruned_seq + most, chain.signed_seq))
    if last is None or last.record.seq >= chain.seq:
        return 0
    stub = Checkpoint("pruned", chain.project_id, last.record.seq, last.hash, tx.now, keys.current)
    await log.prune(stub, signed(stub, keys))
    return last.record.seq - chain.pruned_seq


async def _sign_stub_again(log: AuditLog, stub: Signed, keys: AuditKeys) -> None:
    """Sign with the current key what an earlier one has signed: that one may be dropped later."""
    known, content = keys.public_keys(), stub.body.encode()
    point = decode(stub.body, Checkpoint)
    if point.key == keys.current or point.key not in known:
        return
    if is_audit_signature(known[point.key], stub.signature, content):
        point = structs.replace(point, key=keys.current)
        await log.prune(point, signed(point, keys))


def signed(point: Checkpoint, keys: AuditKeys) -> Signed:
    """Sign a checkpoint or a stub."""
    body = encode(point)
    return Signed(body.decode(), keys.sign(body))


def _placed(draft: Record, chain: Chain) -> Record:
    return structs.replace(draft, chain=chain.project_id, seq=chain.seq + 1)
