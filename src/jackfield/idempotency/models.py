"""Idempotent requests: claims, stored responses and errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jackfield.kit.errors import Conflict, InvalidRequest
from jackfield.kit.ids import Id


class ClaimId(Id, prefix="idm"):
    __slots__ = ()


class ClaimState(StrEnum):
    WORKING = "working"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Claim:
    """The claim of an idempotency key: the request that made it does the work."""

    id: ClaimId
    state: ClaimState
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The response to the first request with a key."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class InvalidIdempotencyKey(InvalidRequest):
    """An Idempotency-Key must be 1 to 255 visible ASCII characters."""

    code = "invalid_idempotency_key"
    status = 400


class IdempotentStream(InvalidRequest):
    """Rows that are passed on as they come cannot be kept: leave Idempotency-Key or `stream` out."""

    code = "idempotent_stream"
    status = 400


class IdempotencyMismatch(Conflict):
    """This Idempotency-Key was used for another request. Use a new key."""

    code = "idempotency_mismatch"


class IdempotencyInFlight(Conflict):
    """The first request with this Idempotency-Key is still in progress. Retry later."""

    code = "idempotency_in_flight"
    retryable = True
    retry_after = 1.0


class IdempotencyUnknown(Conflict):
    """The first request with this Idempotency-Key was interrupted; it may have taken effect."""

    code = "unknown"


class IdempotencyAnswerGone(Conflict):
    """The request with this Idempotency-Key was done, but its response was not stored."""

    code = "idempotency_answer_gone"
