"""Pending links: credentials a provider accepted, until the project's software confirms them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from jackfield.accounts.models import LinkChange
from jackfield.connect.models import SessionTerms
from jackfield.kit.errors import Conflict, HubError, NotFound
from jackfield.kit.ids import Id, ProfileId

# Long enough for a person to decide after a weekend, and no longer: credentials are stored for it.
LIFETIME: Final = timedelta(days=3)


class PendingLinkId(Id, prefix="pln"):
    __slots__ = ()


class PendingLinkStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class PendingLink:
    """A link that waits for confirmation; `account_id` is its account, once there is one.

    `account_generation` counts the credentials that account had when these were checked,
    `changes` are what becomes of it, and `identity_changed` tells that these are of another account
    at the provider. `session_id` is the connect session that left it; those of earlier versions
    have none.
    `public_values` are the fields that are no secrets; the others are in the vault, sealed for this
    link.
    """

    id: PendingLinkId
    profile_id: ProfileId
    account_id: str | None
    provider: str
    auth_method: str
    terms: SessionTerms
    public_values: Mapping[str, str]
    status: PendingLinkStatus
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None = None
    account_generation: int | None = None
    identity_changed: bool = False
    changes: tuple[LinkChange, ...] = ()
    session_id: int | None = None

    def require_pending(self) -> None:
        """
        Raise unless the link is pending.

        Raises:
            PendingLinkExpired: it has expired.
            PendingLinkDecided: it was confirmed or refused.
        """
        if self.status is PendingLinkStatus.EXPIRED:
            raise PendingLinkExpired
        if self.status is not PendingLinkStatus.PENDING:
            msg = f"the pending link was {self.status.value} already"
            raise PendingLinkDecided(msg)


class PendingLinkNotFound(NotFound):
    """No pending link with this id in the project."""

    code = "pending_link_not_found"


class PendingLinkDecided(Conflict):
    """The pending link was confirmed or refused already."""

    code = "pending_link_decided"


class PendingLinkUnreadable(Conflict):
    """The pending link's credentials cannot be read any more; refuse it and ask for a new link."""

    code = "pending_link_unreadable"


class PendingLinkExpired(HubError):
    """The pending link was not confirmed in time; its credentials were deleted."""

    code = "pending_link_expired"
    status = 410
