"""Attempts: each time that a delivery was sent, and what the receiver answered."""

from dataclasses import dataclass
from datetime import datetime

from jackfield.kit.ids import EventId, Id
from jackfield.webhooks.models import EndpointId


class AttemptId(Id, prefix="wha"):
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One attempt to deliver an event to an endpoint.

    `status` is `None` if the receiver did not answer, `error` if it took the event. `answer` is the
    beginning of a refusal, without the endpoint's secrets.
    """

    id: AttemptId
    endpoint_id: EndpointId
    event_id: EventId
    status: int | None
    error: str | None
    answer: str | None
    duration_ms: int | None
    attempted_at: datetime
