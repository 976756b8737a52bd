"""
Idempotent execution of a request.

A key is claimed on disk before the work begins, and the response is stored with the claim. A claim
whose work ended without a result, because the process was killed, is never taken up again: it is
unknown how far it came, so the client is told what to check.

Request and response may hold secrets: both are sealed, and of the key only a digest is stored.
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
from jackfield.kit import request_context
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

    `request` is what two equal requests have in common; `check` tells the client how to find out
    whether it took effect.
    """

    key: str
    request: bytes
    check: str

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.request).digest()

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.key.encode()).digest()


class _Record(Struct, frozen=True):
    """The content that is sealed with a claim."""

    fingerprint: bytes
    answer: StoredResponse | None = None
    asker: str = ""


async def run_once(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    request: IdempotentRequest,
    work: Work,
    *,
    refuse: Refuse,
) -> tuple[StoredResponse, bool]:
    """
    Return the response of `work` or the stored one, and whether it is the stored one.

    An error is stored, as the response that `refuse` returns for it, if a provider may have written
    something before it; otherwise the key is free again.

    Raises:
        InvalidIdempotencyKey: the key is malformed.
        IdempotencyMismatch: the key was used for another request, or with another API key.
        IdempotencyInFlight: the first request is in progress.
        IdempotencyUnknown: the first request was interrupted.
        IdempotencyAnswerGone: the first request was done, and its response is not stored.
        HubError: the work failed.
    """
    if not (0 < len(request.key) <= _LONGEST_KEY and request.key.isascii()):
        raise InvalidIdempotencyKey
    asked = request_context.current()
    if asked is not None:
        asked.has_idempotency_key = True
    attempt = _Attempt(hub, project_id, actor, request, ClaimId.new(hub.clock()))
    stored = await attempt.claim()
    if stored is not None:
        return stored, True
    try:
        response = await work()
    except HubError as error:
        if error.may_have_written:
            await attempt.store(refuse(error))
        elif isinstance(error, DatabaseUnusable):
            await attempt.give_up()
        else:
            await attempt.release()
        raise
    except Exception:
        await attempt.give_up()
        raise
    await attempt.store(response)
    return response, False


async def forget_expired(tx: Tx, digest: bytes = b"") -> bool:
    """Delete some expired claims, that of `digest` first; return whether there were any."""
    expired = await Claims(tx).forget(digest)
    for claim_id in expired:
        await remove_secrets(tx, claim_id)
    return bool(expired)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A request that arrived, and the claim it makes of its key."""

    hub: Hub
    project_id: ProjectId
    actor: Actor
    request: IdempotentRequest
    id: ClaimId

    async def claim(self) -> StoredResponse | None:
        """Claim the key, or return the stored response of the first request."""
        request = self.request
        async with self.hub.db.write(self.project_id, self.actor) as tx:
            claims = Claims(tx)
            await forget_expired(tx, request.digest)
            is_ours = await claims.add(
                self.id,
                request.digest,
                lease_until=tx.now + _LEASE,
                expires_at=tx.now + _LIFETIME,
            )
            if is_ours:
                await _seal(
                    self.hub,
                    tx,
                    self.id,
                    _Record(request.fingerprint, asker=self.actor.id),
                    _WORKING,
                )
                return None
            first = await claims.find(request.digest)
            if first is None:
                # The request that had it has just released it.
                raise IdempotencyInFlight
            record = await _open(self.hub, tx, first)
            is_leased = tx.now < first.lease_until
        if record.fingerprint != request.fingerprint:
            raise IdempotencyMismatch
        if first.state is ClaimState.WORKING:
            if is_leased:
                raise IdempotencyInFlight
            msg = (
                "the first request with this Idempotency-Key was interrupted, so it is unknown "
                f"whether it took effect; {request.check}, then send it again with a new key if it "
                "did not"
            )
            raise IdempotencyUnknown(msg)
        if record.asker not in ("", self.actor.id):
            # It may contain what is shown once.
            msg = "this Idempotency-Key was used with another API key; use a new one"
            raise IdempotencyMismatch(msg)
        if record.answer is None:
            raise IdempotencyAnswerGone
        return record.answer

    async def store(self, response: StoredResponse) -> None:
        """Mark the claim as done, and store the response unless it is too large."""
        kept = response if len(response.body) <= _MOST_BYTES else None
        async with self.hub.db.write(self.project_id, self.actor) as tx:
            if await Claims(tx).finish(self.id, self.request.digest):
                record = _Record(self.request.fingerprint, kept, self.actor.id)
                await _seal(self.hub, tx, self.id, record, _DONE)

    async def release(self) -> None:
        """Free the key: nothing has been done."""
        async with self.hub.db.write(self.project_id, self.actor) as tx:
            await Claims(tx).remove(self.id, self.request.digest)
            await remove_secrets(tx, self.id)

    async def give_up(self) -> None:
        """End the lease without a result: what was done is unknown."""
        async with self.hub.db.write(self.project_id, self.actor) as tx:
            await Claims(tx).end_lease(self.id, self.request.digest)


async def _seal(hub: Hub, tx: Tx, claim_id: ClaimId, record: _Record, generation: int) -> None:
    owner = SecretOwner(tx.project_id, claim_id, generation)
    await SealedSecrets(tx, hub.vault).put(owner, {_FIELD: encode(record).decode()})


async def _open(hub: Hub, tx: Tx, claim: Claim) -> _Record:
    """
    Open the record of a claim.

    Raises:
        IdempotencyAnswerGone: the vault no longer opens it.
    """
    generation = _DONE if claim.state is ClaimState.DONE else _WORKING
    owner = SecretOwner(tx.project_id, claim.id, generation)
    try:
        record = (await SealedSecrets(tx, hub.vault).get(owner))[_FIELD]
    except (KeyError, SealBroken):
        raise IdempotencyAnswerGone from None
    return decode(record, _Record)
