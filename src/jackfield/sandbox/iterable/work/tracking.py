"""Recording what users did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable import times
from jackfield.sandbox.iterable.refusals import bad_params, refusal
from jackfield.sandbox.iterable.state.events import Event
from jackfield.sandbox.iterable.state.fields import Admitted
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.work import profiles
from jackfield.sandbox.iterable.work.profiles import Identity

CUSTOM: Final = "customEvent"
_LONGEST_ID: Final = 512


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom event; `values` are facts about it beside the client's own fields."""

    name: str
    data_fields: Mapping[str, Json]
    values: Mapping[str, Json]
    create_new_fields: bool = True
    created_at: int | None = None
    own_id: str | None = None


def track(project: Project, who: Identity, event: Custom) -> Admitted:
    """
    Record a custom event; one with the same id is written over.

    Raises:
        Refusal: the event, its user or one of its fields is not acceptable.
    """
    if event.own_id is not None and len(event.own_id.encode()) > _LONGEST_ID:
        msg = f"Event id is longer than {_LONGEST_ID} bytes"
        raise bad_params(msg)
    profiles.require_possible(project, who)
    at = moment(event.created_at)
    types = project.types_of_event(event.name)
    admitted = types.admit(event.data_fields, create_new=event.create_new_fields)

    def apply(now: datetime) -> None:
        user = profiles.place(project, who, now=now)
        shown = {"eventName": event.name, "dataFields": dict(admitted.values), **event.values}
        project.events.put(Event(CUSTOM, at or now, user, shown), event.own_id)

    project.defer(apply)
    return admitted


def record(
    project: Project,
    who: Identity,
    kind: str,
    values: Mapping[str, Json],
    *,
    created_at: int | None = None,
) -> None:
    """
    Record a system event of a user who must exist.

    Raises:
        Refusal: there is no such user, or no such moment.
    """
    user = profiles.require(project, who)
    at = moment(created_at)
    shown = {name: value for name, value in values.items() if value is not None}
    project.defer(lambda now: project.events.put(Event(kind, at or now, user, shown)))


def moment(created_at: int | None) -> datetime | None:
    """
    Read the time a client gave.

    Raises:
        Refusal: it is none.
    """
    if created_at is None:
        return None
    try:
        return times.from_unix(created_at)
    except ValueError as error:
        raise refusal(
            HTTPStatus.BAD_REQUEST, "BadParams", f"Invalid createdAt: {created_at}"
        ) from error
