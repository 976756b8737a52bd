"""Result of the latest link attempt in a connect session."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from jackfield.kit.errors import HubError
from jackfield.kit.ids import Id

_LONGEST: Final = 500


class ConnectionAttemptId(Id, prefix="cat"):
    __slots__ = ()


class AttemptStatus(StrEnum):
    """Statuses of an attempt.

    A `pending` one waits for the project's confirmation, or for a sign-in; without it, it is
    `expired`. A `cancelled` one was given up by its user.
    """

    PENDING = "pending"
    AUTHENTICATED = "authenticated"
    ERROR = "error"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ConnectionAttempt:
    """
    The latest attempt to link an account in a connect session, and its result.

    `error_code` and `error_description` are those that the form showed. A pending attempt ends at
    `expires_at`.
    """

    id: ConnectionAttemptId
    status: AttemptStatus
    created_at: datetime
    updated_at: datetime
    account_id: str | None = None
    error_code: str | None = None
    error_description: str | None = None
    expires_at: datetime | None = None

    @classmethod
    def linked(cls, begun: datetime, account_id: str, *, now: datetime) -> Self:
        return cls(
            ConnectionAttemptId.new(begun), AttemptStatus.AUTHENTICATED, begun, now, account_id
        )

    @classmethod
    def waiting(cls, begun: datetime, *, until: datetime, now: datetime) -> Self:
        return cls(
            ConnectionAttemptId.new(begun), AttemptStatus.PENDING, begun, now, expires_at=until
        )

    @classmethod
    def failed(cls, begun: datetime, error: HubError, *, now: datetime) -> Self:
        return cls(
            ConnectionAttemptId.new(begun),
            AttemptStatus.ERROR,
            begun,
            now,
            error_code=error.code,
            error_description=error.detail[:_LONGEST],
        )

    def seen_at(self, now: datetime) -> Self:
        """Return the attempt with its status at `now`."""
        if self.expires_at is None or self.expires_at > now:
            return self
        return replace(
            self, status=AttemptStatus.EXPIRED, updated_at=self.expires_at, expires_at=None
        )

    def confirmed(self, account_id: str, *, now: datetime) -> Self:
        return replace(
            self,
            status=AttemptStatus.AUTHENTICATED,
            account_id=account_id,
            updated_at=now,
            expires_at=None,
        )

    def refused(self, *, now: datetime) -> Self:
        return replace(
            self,
            status=AttemptStatus.ERROR,
            error_code="pending_link_refused",
            error_description="The project refused the link.",
            updated_at=now,
            expires_at=None,
        )
