"""Records of what is done: written in the transaction that does it."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from jackfield.audit import chain
from jackfield.audit.models import AuditKind, Record
from jackfield.audit.tallies import taken
from jackfield.db.tx import Tx
from jackfield.kit import redaction, request_context, source_address
from jackfield.kit.actor import ActorKind
from jackfield.kit.json import Json
from jackfield.vault.audit_keys import AuditKeys

# Where the request that a job works for came from is not where the job is.
_OURS: Final = frozenset({ActorKind.WORKER, ActorKind.COMMAND})
_MOST_AT_ONCE: Final = 500


async def record(
    tx: Tx,
    kind: AuditKind,
    target: str | None = None,
    *,
    before: Mapping[str, Json] | None = None,
    after: Mapping[str, Json] | None = None,
    details: Mapping[str, Json] | None = None,
) -> None:
    """
    Append a record of what the transaction's actor does.

    Of `before` and `after` what is the same in both is left out, and what is called a secret or is
    known as one is masked. A change that changes nothing of them is recorded all the same.
    """
    await record_all(tx, [draft(tx, kind, target, before=before, after=after, details=details)])


async def record_all(tx: Tx, drafts: Sequence[Record]) -> None:
    """Append records of what the transaction's actor does."""
    await chain.append(tx, drafts)
    tx.is_recorded = True


def draft(
    tx: Tx,
    kind: AuditKind,
    target: str | None,
    *,
    before: Mapping[str, Json] | None,
    after: Mapping[str, Json] | None,
    details: Mapping[str, Json] | None,
) -> Record:
    """Return a record as `record` appends it."""
    request, is_ours = request_context.current(), tx.actor.kind in _OURS
    if before is not None and after is not None:
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        before, after = _some(before, names), _some(after, names)
    return Record(
        chain="",
        seq=0,
        at=tx.now,
        kind=kind,
        actor=tx.actor,
        target=target,
        address=None if is_ours else source_address.current(),
        request_id=None if is_ours or request is None else request.request_id,
        before=_masked(before),
        after=_masked(after),
        details=_masked(details),
    )


async def seal(tx: Tx) -> bool:
    """Make records of the tallies that are due; return whether there may be more."""
    due = await taken(tx, most=_MOST_AT_ONCE)
    if due:
        await chain.append(tx, due)
    return bool(due)


async def sign(tx: Tx, keys: AuditKeys) -> None:
    """Sign the end of the chain, if it is not signed yet."""
    await chain.sign(tx, keys)


def _some(values: Mapping[str, Json], names: list[str]) -> Mapping[str, Json]:
    return {name: values[name] for name in names if name in values}


def _masked(values: Mapping[str, Json] | None) -> Mapping[str, Json] | None:
    if values is None:
        return None
    return cast("Mapping[str, Json]", redaction.current().value(values))
