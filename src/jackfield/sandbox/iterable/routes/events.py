"""`/api/events`: custom events, and everything a user did."""

from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_second
from jackfield.sandbox.iterable.access.keys import CLIENT_SIDE
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import Refusal, bad_params
from jackfield.sandbox.iterable.routes.bulk import EVENT_REASONS, Tally
from jackfield.sandbox.iterable.state.events import Event
from jackfield.sandbox.iterable.state.fields import Admitted
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.times import stamp
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import get, post
from jackfield.sandbox.iterable.work import profiles, tracking
from jackfield.sandbox.iterable.work.profiles import Identity
from jackfield.sandbox.iterable.work.tracking import Custom

_MOST: Final = 200


class CustomEvent(Struct, rename="camel"):
    event_name: str
    email: str | None = None
    user_id: str | None = None
    id: str | None = None
    created_at: int | None = None
    data_fields: dict[str, Json] | None = None
    campaign_id: int | None = None
    template_id: int | None = None
    create_new_fields: bool | None = None

    @property
    def identity(self) -> Identity:
        return Identity(self.email, self.user_id)


class CustomEvents(Struct):
    events: list[CustomEvent]


class Limit(Struct):
    limit: int = 30


def track(call: Call, body: CustomEvent) -> Json:
    _track(call.project, body)
    if body.id is None:
        return success()
    return success(f"Event with id: {body.id} tracked.", {"id": body.id})


def track_bulk(call: Call, body: CustomEvents) -> Json:
    tally = Tally(EVENT_REASONS)
    for event in body.events:
        try:
            admitted = _track(call.project, event)
        except Refusal as refusal:
            tally.fail(event.identity, refusal)
        else:
            tally.succeed(admitted)
    return {**tally.show(), "disallowedEventNames": []}


def list_by_email(call: Call, email: str, query: Limit) -> Json:
    profiles.check_email(email)
    return _list(call.project, call.project.users.with_email(email), query.limit)


def list_by_user_id(call: Call, user_id: str, query: Limit) -> Json:
    return _list(call.project, call.project.users.with_user_id(user_id), query.limit)


def show(event: Event) -> dict[str, Json]:
    """Return an event as readers see it."""
    user = {"email": event.user.email, "userId": event.user.user_id}
    return {
        "createdAt": stamp(event.at),
        "eventType": event.kind,
        **{name: value for name, value in user.items() if value is not None},
        **event.values,
    }


def _track(project: Project, event: CustomEvent) -> Admitted:
    if not event.event_name.strip():
        msg = "Event name cannot be empty"
        raise bad_params(msg)
    values = {"campaignId": event.campaign_id, "templateId": event.template_id}
    custom = Custom(
        event.event_name,
        event.data_fields or {},
        {name: value for name, value in values.items() if value is not None},
        create_new_fields=event.create_new_fields is not False,
        created_at=event.created_at,
        own_id=event.id,
    )
    return tracking.track(project, event.identity, custom)


def _list(project: Project, users: list[User], limit: int) -> Json:
    if not 1 <= limit <= _MOST:
        msg = f"Invalid limit: {limit}, must be between 1 and {_MOST}"
        raise bad_params(msg)
    events = project.events.of_user(users[0]) if users else []
    return {"events": [show(event) for event in events[:limit]]}


ROUTES: Final = (
    post("/api/events/track", track, per_second(2000), client_side=CLIENT_SIDE),
    post("/api/events/trackBulk", track_bulk, per_second(10)),
    get("/api/events/byUserId/{userId}", list_by_user_id, per_second(100)),
    get("/api/events/{email}", list_by_email, per_second(100)),
)
