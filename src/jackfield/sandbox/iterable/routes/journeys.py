"""`/api/journeys` and `/api/workflows/triggerWorkflow`."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params, refusal
from jackfield.sandbox.iterable.routes.lists import require_list
from jackfield.sandbox.iterable.state.journeys import Journey
from jackfield.sandbox.iterable.times import epoch_ms
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.paging import Listing, ordered
from jackfield.sandbox.iterable.wire.routing import Effect, get, post
from jackfield.sandbox.iterable.work import profiles
from jackfield.sandbox.iterable.work.profiles import Identity

_SORTS: Final[Mapping[str, Callable[[Journey], Json]]] = {
    "id": lambda journey: journey.id,
    "name": lambda journey: journey.name,
    "createdAt": lambda journey: journey.created_at,
    "updatedAt": lambda journey: journey.updated_at,
}


class Journeys(Struct, rename="camel"):
    page: int | None = None
    page_size: int | None = None
    sort: str = "id"
    state: tuple[str, ...] = ()


class Trigger(Struct, rename="camel"):
    workflow_id: int
    email: str | None = None
    user_id: str | None = None
    list_id: int | None = None
    data_fields: dict[str, Json] | None = None


def list_journeys(call: Call, query: Journeys) -> Json:
    """List journeys; archived ones only where they are asked for."""
    chosen = [
        each
        for each in call.project.journeys
        if (_is_in(each, query.state) if query.state else not each.is_archived)
    ]
    found = ordered(chosen, query.sort, _SORTS)
    return _LISTING.page(call, found, query.page, query.page_size)


def trigger(call: Call, body: Trigger) -> Json:
    project = call.project
    journey = project.journeys.find(body.workflow_id)
    if journey is None:
        msg = f"Invalid workflowId: {body.workflow_id}"
        raise bad_params(msg, {"workflowId": str(body.workflow_id)})
    if not journey.enabled:
        msg = f"Journey {journey.id} is not enabled"
        raise bad_params(msg, {"workflowId": str(journey.id)})
    if body.email or body.user_id:
        who = Identity(body.email, body.user_id)
        profiles.require_possible(project, who)
        journey.entered.append(profiles.place(project, who, now=project.now))
    elif body.list_id is not None:
        journey.entered.extend(require_list(project, body.list_id).members)
    else:
        raise refusal(
            HTTPStatus.BAD_REQUEST, "GenericError", "Must provide either an email or list id"
        )
    return success()


def _is_in(journey: Journey, states: tuple[str, ...]) -> bool:
    """Whether a journey is in one of the states, of which its type may stand for one."""
    named = _state(journey) in states
    return named or (not journey.is_archived and journey.journey_type in states)


def _state(journey: Journey) -> str:
    if journey.is_archived:
        return "Archived"
    if journey.is_draft:
        return "Draft"
    return "Enabled" if journey.enabled else "Disabled"


def _show(journey: Journey) -> Json:
    made = {"createdAt": epoch_ms(journey.created_at), "updatedAt": epoch_ms(journey.updated_at)}
    shown: dict[str, Json] = {
        "id": journey.id,
        "name": journey.name,
        "description": journey.description,
        "enabled": journey.enabled,
        "isArchived": journey.is_archived,
        "journeyType": journey.journey_type,
        "triggerEventNames": journey.trigger_event_names,
        "creatorUserId": journey.creator,
        **made,
    }
    if journey.lifetime_limit is not None:
        shown["lifetimeLimit"] = journey.lifetime_limit
    if journey.simultaneous_limit is not None:
        shown["simultaneousLimit"] = journey.simultaneous_limit
    if journey.is_draft:
        draft = {"id": journey.id, "name": journey.name, "creatorUserId": journey.creator}
        shown["draft"] = {**draft, **made}
    return shown


_LISTING: Final = Listing("journeys", "totalJourneysCount", _show, largest=50)

ROUTES: Final = (
    get("/api/journeys", list_journeys),
    post("/api/workflows/triggerWorkflow", trigger, effect=Effect.SEND),
)
