"""Webhook endpoints and deliveries."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jackfield.kit.errors import Conflict, NotFound
from jackfield.kit.ids import EventId, Id, ProjectId


class EndpointId(Id, prefix="whe"):
    __slots__ = ()


class DeliveryStatus(StrEnum):
    """The status of a delivery. `failed` is final, unless it is replayed."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    A webhook endpoint that receives `events`; its signing secret is in the vault.

    An endpoint that is not `active` receives nothing. `disabled_reason` is the reason if the hub
    switched it off. The previous secret signs as well, until `previous_secret_until`.
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
    """Changes of an endpoint, unchecked; fields that are `None` stay as they are."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    description: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One event for one endpoint.

    `attempts` counts those made so far, the next is `due_at`. `last_status` is the endpoint's last
    HTTP status, `last_error` the error of the last attempt.
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
    A delivery that this process has the lease of.

    `subject` is the record of its event and `body` the payload; both are `None` if the event is no
    longer stored.
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
        """The order key: deliveries of one lane are made one after the other."""
        return self.subject or self.event_id


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """Result of one delivery attempt. `status` is `None` if the endpoint did not respond."""

    status: int | None
    error: str | None
    retry_after: float | None = None
    # The beginning of a refusal, without the endpoint's secrets.
    answer: str | None = None
    duration_ms: int | None = None

    @property
    def is_accepted(self) -> bool:
        return self.error is None


class EndpointNotFound(NotFound):
    """No webhook endpoint with this id in the project."""

    code = "webhook_not_found"


class SigningSecretUnreadable(Conflict):
    """The endpoint's signing secret cannot be read any more; rotate it."""

    code = "webhook_secret_unreadable"


class DeliveryNotFound(NotFound):
    """No delivery of this event to this webhook endpoint, or it is no longer stored."""

    code = "delivery_not_found"
