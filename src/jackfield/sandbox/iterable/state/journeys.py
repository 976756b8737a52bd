"""Journeys: sequences of messages that an API call can start for a user or a list."""

from dataclasses import dataclass, field
from datetime import datetime

from jackfield.sandbox.iterable.state.users import User


@dataclass(slots=True, eq=False)
class Journey:
    id: int
    name: str
    description: str
    enabled: bool
    created_at: datetime
    updated_at: datetime
    creator: str
    is_archived: bool = False
    is_draft: bool = False
    journey_type: str = "Published"
    lifetime_limit: int | None = None
    simultaneous_limit: int | None = None
    trigger_event_names: tuple[str, ...] = ()
    entered: list[User] = field(default_factory=list[User])
