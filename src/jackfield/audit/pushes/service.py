"""Pushes of what sinks do not have yet, from each one's own checkpoint on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from jackfield.audit.export import chain_lines, header_line, part_of
from jackfield.audit.models import Chain
from jackfield.audit.pushes.delivery import SECONDS, deliver
from jackfield.audit.pushes.models import Batch, ClaimedPush, PushFailed, Sink, SinkSecrets
from jackfield.audit.pushes.repo import Pushes, claim_pushes
from jackfield.audit.repo import AuditLog
from jackfield.db.tx import Database
from jackfield.egress.client import Egress
from jackfield.kit.actor import Actor
from jackfield.kit.clock import Clock
from jackfield.vault.audit_keys import AuditKeys

ACTOR: Final = Actor.worker("audit_push")
MOST_RECORDS: Final = 1000
_LEASE: Final = timedelta(seconds=SECONDS * 2)
_CHAINS_AT_ONCE: Final = 10
_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=10)
_MOST_DOUBLINGS: Final = 8
_LONGEST_ERROR: Final = 500

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pusher:
    """What a push needs of the hub."""

    db: Database
    egress: Egress
    keys: AuditKeys
    clock: Clock
    sinks: Sequence[Sink]
    secrets: SinkSecrets


async def push_due(pusher: Pusher, *, is_hurried: bool = False) -> int:
    """
    Push to each sink what it does not have; return the number of records that were taken.

    What failed a short while ago waits, unless it `is_hurried`.
    """
    taken = 0
    for sink in pusher.sinks:
        hurried = is_hurried
        while claimed := await claim_pushes(
            pusher.db,
            sink.name,
            until=pusher.clock() + _LEASE,
            most=_CHAINS_AT_ONCE,
            is_hurried=hurried,
        ):
            count = [await _push(pusher, sink, each) for each in claimed]
            taken += sum(filter(None, count))
            # One that fails is not tried again at once.
            hurried = is_hurried and None not in count
    return taken


async def _push(pusher: Pusher, sink: Sink, claimed: ClaimedPush) -> int | None:
    """Push some records of one chain; return their number, or nothing if that failed."""
    try:
        batch, hash_ = await _batch(pusher, claimed)
        await deliver(pusher.egress, sink, pusher.secrets, batch)
    except PushFailed as error:
        _log.warning("audit_not_pushed", sink=sink.name, chain=claimed.project_id,
                     detail=error.detail)  # fmt: skip
        due_at = pusher.clock() + _pause(claimed.failures)
        async with pusher.db.write(claimed.project_id, ACTOR) as tx:
            await Pushes(tx).fail(claimed, error=error.detail[:_LONGEST_ERROR], due_at=due_at)
        return None
    async with pusher.db.write(claimed.project_id, ACTOR) as tx:
        await Pushes(tx).advance(claimed, seq=batch.last, hash_=hash_)
    return batch.last - batch.first + 1


async def _batch(pusher: Pusher, claimed: ClaimedPush) -> tuple[Batch, str]:
    """
    Return the records that follow what a sink has, and the hash of the last of them.

    Raises:
        PushFailed: what the sink has is not what stands in the log.
    """
    async with pusher.db.read(claimed.project_id) as tx:
        log = AuditLog(tx)
        chain = await log.chain()
        assert chain is not None, "one with a push has records"
        after = max(claimed.seq, chain.pruned_seq)
        if claimed.seq > chain.pruned_seq:
            await _require_same(log, claimed)
        last = min(chain.signed_seq, after + MOST_RECORDS)
        if last <= after:
            msg = "what follows is not signed yet"
            raise PushFailed(msg)
        hash_ = (await log.get(last)).hash
    ending = Chain(chain.project_id, last, hash_, last, chain.pruned_seq, chain.pruned)
    part = part_of(ending, after=after, after_hash=claimed.hash)
    lines = [header_line([part], pusher.keys, pusher.clock())]
    lines += [each async for each in chain_lines(pusher.db, ending, after=after, most=last - after)]
    records = tuple(each for each in lines if each.startswith(b'{"hash":'))
    return Batch(chain.project_id, after + 1, last, b"".join(lines), records), hash_


async def _require_same(log: AuditLog, claimed: ClaimedPush) -> None:
    stored = await log.after(claimed.seq - 1, upto=claimed.seq)
    if not stored or stored[0]["hash"] != claimed.hash:
        _log.error("audit_log_changed", chain=claimed.project_id, seq=claimed.seq)
        msg = (
            f"record {claimed.seq} of {claimed.project_id} is not the one that was pushed; run: "
            "jackfield audit verify"
        )
        raise PushFailed(msg)


def _pause(failures: int) -> timedelta:
    return min(_PAUSE * 2 ** min(failures, _MOST_DOUBLINGS), _LONGEST_PAUSE)
