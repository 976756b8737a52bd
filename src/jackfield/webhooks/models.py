"""Webhook endpoints and deliveries."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jackfield.kit.errors import NotFound
from jackfield.kit.ids import EventId, Id, ProjectId


class EndpointId(Id, prefix="whe"):
    __slots__ = ()


class DeliveryStatus(StrEnum):
    """`failed` is for good: nobody tries again unless asked to."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    Where a project wants to be told of `events`; its signing secret is in the vault.

    One that is not `active` is told nothing. `disabled_reason` says why the hub switched it off.
    The secret before the current one signs as well, until `previous_secret_until`.
    """

    id: EndpointId
    url: str
    description: str | None
    events: tuple[str, ...]
    active: bool
    disabled_reason: str | None
    created_at: datetime
    updated_at: datetime
    previous_secret_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """What somebody wants of an endpoint; what is `None` stays as it is."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    description: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One event for one endpoint.

    `attempts` were made so far, the next is `due_at`. `last_status` is what the receiver answered
    last, `last_error` what went wrong.
    """

    endpoint_id: EndpointId
    event_id: EventId
    event_type: str
    status: DeliveryStatus
    attempts: int
    due_at: datetime
    last_status: int | None
    last_error: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """
    A delivery that this process alone works on until its lease ends.

    `subject` is what its event is about and `body` what the receiver is told; both are missing
    where the event is no longer kept.
    """

    project_id: ProjectId
    endpoint_id: EndpointId
    event_id: EventId
    attempts: int
    leased_until: datetime
    subject: str | None
    body: str | None

    @property
    def lane(self) -> str:
        """Deliveries of one lane are made one after the other, so that they arrive in order."""
        return self.subject or self.event_id


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What came of telling a receiver; `status` is missing where there was no answer."""

    status: int | None
    error: str | None
    retry_after: float | None = None

    @property
    def is_accepted(self) -> bool:
        return self.error is None


class EndpointNotFound(NotFound):
    """There is no webhook endpoint with this id in the project."""

    code = "webhook_not_found"


class DeliveryNotFound(NotFound):
    """This event was not meant for this webhook endpoint, or is no longer kept."""

    code = "delivery_not_found"
