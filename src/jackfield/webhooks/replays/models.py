"""Replays: the past deliveries of an endpoint that are made again, as many as a filter names."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jackfield.kit.errors import Conflict, NotFound
from jackfield.kit.ids import Id, ProjectId
from jackfield.webhooks.models import EndpointId


class ReplayId(Id, prefix="whr"):
    __slots__ = ()


class ReplayStatus(StrEnum):
    """The status of a replay; only one that is `running` begins further deliveries."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class ReplayOutcome(StrEnum):
    """The deliveries that a replay makes again: by what became of them."""

    FAILED = "failed"
    DELIVERED = "delivered"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ReplayFilter:
    """
    The deliveries that a replay makes again, unchecked.

    Of all events if `events` is empty; those of events from `since` on and before `until`. What is
    pending is left alone: it is delivered anyway.
    """

    outcome: ReplayOutcome = ReplayOutcome.FAILED
    events: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """
    A replay of an endpoint's deliveries, which processes of the hub work off in steps.

    `total` is how many it found at its start, counted up to a bound, and `begun` how many of them
    are to be delivered again by now, in the order of their events.
    """

    id: ReplayId
    endpoint_id: EndpointId
    status: ReplayStatus
    outcome: ReplayOutcome
    events: str
    since: datetime | None
    until: datetime | None
    total: int
    begun: int
    reached: str
    last_event: str
    ended_reason: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def event_types(self) -> tuple[str, ...]:
        """The types of events; empty if it is of all."""
        return tuple(self.events.split(",")) if self.events else ()


@dataclass(frozen=True, slots=True)
class ClaimedReplay:
    """A running replay that this process has the lease of."""

    id: ReplayId
    project_id: ProjectId
    leased_until: datetime


class ReplayNotFound(NotFound):
    """No replay with this id of this webhook endpoint."""

    code = "replay_not_found"


class ReplayRunning(Conflict):
    """A replay of this webhook endpoint is running. Wait until it is done, or stop it."""

    code = "replay_running"


class EndpointInactive(Conflict):
    """The webhook endpoint is disabled and receives nothing. Enable it first."""

    code = "webhook_inactive"
