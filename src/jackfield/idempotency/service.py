"""
Idempotent execution of a request.

A key is claimed on disk before the work begins, and what came of it is kept with the claim. A
claim whose work ended without a word, because the process was killed, is never taken up again:
nobody can know how far it came, so whoever asks again is told what to look at.

What was asked and answered may hold secrets: both are sealed, and the key itself is kept as a
digest alone.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from msgspec import Struct

from jackfield.db.tx import DatabaseUnusable, Tx
from jackfield.idempotency.models import (
    Claim,
    ClaimId,
    ClaimState,
    IdempotencyAnswerGone,
    IdempotencyInFlight,
    IdempotencyMismatch,
    IdempotencyUnknown,
    InvalidIdempotencyKey,
    StoredResponse,
)
from jackfield.idempotency.repo import Claims
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import decode, encode
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets
from jackfield.vault.cipher import SealBroken

Work: TypeAlias = Callable[[], Awaitable[StoredResponse]]
Refuse: TypeAlias = Callable[[HubError], StoredResponse]

# Longer than any request lives.
_LEASE: Final = timedelta(seconds=120)
_LIFETIME: Final = timedelta(hours=24)
_LONGEST_KEY: Final = 255
_MOST_BYTES: Final = 1024 * 1024
_FIELD: Final = "idempotency"
_WORKING: Final = 1
_DONE: Final = 2


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """
    A request that is to be done once.

    `request` is all that makes it this request and no other; `check` says where to look whether
    it took effect.
    """

    key: str
    request: bytes
    check: str

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.key.encode()).digest()

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.request).digest()


class _Record(Struct, frozen=True):
    """What is sealed with a claim."""

    fingerprint: bytes
    answer: StoredResponse | None = None


async def run_once(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    wanted: IdempotentRequest,
    work: Work,
    *,
    refuse: Refuse,
) -> tuple[StoredResponse, bool]:
    """
    Return what `work` answers, or did the first time, and whether it is from the first time.

    A refusal is kept, as `refuse` words it, if something may have been written at a provider
    before it; if not, the key is free again.

    Raises:
        InvalidIdempotencyKey: the key is not one.
        IdempotencyMismatch: the key was used for another request.
        IdempotencyInFlight: the first request is being worked on.
        IdempotencyUnknown: the first request was interrupted.
        IdempotencyAnswerGone: the first request was done, and its answer is not there.
        HubError: the work was refused, and has done nothing.
    """
    if not (0 < len(wanted.key) <= _LONGEST_KEY and wanted.key.isascii()):
        raise InvalidIdempotencyKey
    claim_id = ClaimId.new(hub.clock())
    earlier = await _claim(hub, project_id, actor, wanted, claim_id)
    if earlier is not None:
        return earlier, True
    try:
        answer = await work()
    except HubError as error:
        if error.may_have_written:
            await _keep(hub, project_id, actor, wanted, claim_id, refuse(error))
        elif isinstance(error, DatabaseUnusable):
            await _give_up(hub, project_id, actor, wanted, claim_id)
        else:
            await _release(hub, project_id, actor, wanted, claim_id)
        raise
    except Exception:
        await _give_up(hub, project_id, actor, wanted, claim_id)
        raise
    await _keep(hub, project_id, actor, wanted, claim_id, answer)
    return answer, False


async def _claim(
    hub: Hub, project_id: ProjectId, actor: Actor, wanted: IdempotentRequest, claim_id: ClaimId
) -> StoredResponse | None:
    """Claim the key, or return what became of it."""
    async with hub.db.write(project_id, actor) as tx:
        claims = Claims(tx)
        for forgotten in await claims.forget(wanted.digest):
            await remove_secrets(tx, forgotten)
        is_ours = await claims.add(
            claim_id,
            wanted.digest,
            lease_until=tx.now + _LEASE,
            expires_at=tx.now + _LIFETIME,
        )
        if is_ours:
            await _seal(hub, tx, claim_id, _Record(wanted.fingerprint), _WORKING)
            return None
        known = await claims.find(wanted.digest)
        if known is None:
            # Whoever had it has just let it go.
            raise IdempotencyInFlight
        kept = await _open(hub, tx, known)
        is_leased = tx.now < known.lease_until
    if kept.fingerprint != wanted.fingerprint:
        raise IdempotencyMismatch
    if known.state is ClaimState.WORKING:
        if is_leased:
            raise IdempotencyInFlight
        msg = (
            "the first request with this Idempotency-Key was interrupted, so it is unknown whether "
            f"it took effect; {wanted.check}, then send it again with a new key if it did not"
        )
        raise IdempotencyUnknown(msg)
    if kept.answer is None:
        raise IdempotencyAnswerGone
    return kept.answer


async def _keep(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    wanted: IdempotentRequest,
    claim_id: ClaimId,
    answer: StoredResponse,
) -> None:
    kept = _Record(wanted.fingerprint, answer if len(answer.body) <= _MOST_BYTES else None)
    async with hub.db.write(project_id, actor) as tx:
        if await Claims(tx).finish(claim_id, wanted.digest):
            await _seal(hub, tx, claim_id, kept, _DONE)


async def _release(
    hub: Hub, project_id: ProjectId, actor: Actor, wanted: IdempotentRequest, claim_id: ClaimId
) -> None:
    async with hub.db.write(project_id, actor) as tx:
        await Claims(tx).remove(claim_id, wanted.digest)
        await remove_secrets(tx, claim_id)


async def _give_up(
    hub: Hub, project_id: ProjectId, actor: Actor, wanted: IdempotentRequest, claim_id: ClaimId
) -> None:
    async with hub.db.write(project_id, actor) as tx:
        await Claims(tx).end_lease(claim_id, wanted.digest)


async def _seal(hub: Hub, tx: Tx, claim_id: ClaimId, kept: _Record, generation: int) -> None:
    owner = SecretOwner(tx.project_id, claim_id, generation)
    await SealedSecrets(tx, hub.vault).put(owner, {_FIELD: encode(kept).decode()})


async def _open(hub: Hub, tx: Tx, claim: Claim) -> _Record:
    """
    Open what was kept with a claim.

    Raises:
        IdempotencyAnswerGone: the vault no longer opens it.
    """
    generation = _DONE if claim.state is ClaimState.DONE else _WORKING
    owner = SecretOwner(tx.project_id, claim.id, generation)
    try:
        kept = (await SealedSecrets(tx, hub.vault).get(owner))[_FIELD]
    except (KeyError, SealBroken):
        raise IdempotencyAnswerGone from None
    return decode(kept, _Record)
