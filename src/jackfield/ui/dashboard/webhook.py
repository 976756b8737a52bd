"""`/dashboard/webhooks/{id}`: one webhook endpoint, and what can be done with it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError, InvalidRequest
from jackfield.kit.ids import EventId
from jackfield.kit.pages import read_cursor
from jackfield.kit.whole_numbers import whole_number
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.dashboard.webhooks import (
    DAY,
    EVENTS,
    problems_of,
    read_endpoint,
    require_form,
)
from jackfield.ui.posted_form import Form, read_form
from jackfield.ui.rendering import base_path, hub_of, page
from jackfield.webhooks import secrets
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.backlog.repo import Backlog, Backlogs
from jackfield.webhooks.catalogue import examples
from jackfield.webhooks.catalogue.events import CATALOGUE
from jackfield.webhooks.models import (
    Delivery,
    DeliveryResult,
    DeliveryStatus,
    Endpoint,
    EndpointChange,
)
from jackfield.webhooks.outcomes.repo import Outcome, Outcomes
from jackfield.webhooks.replays import service as replays
from jackfield.webhooks.replays.models import Replay, ReplayFilter, ReplayOutcome
from jackfield.webhooks.replays.repo import Replays
from jackfield.webhooks.repo import Deliveries, Endpoints

_PAGE_SIZE: Final = 25
_REPLAYS: Final = 5
# How long the old secret signs beside a new one, in hours, as the form asks for it.
_OVERLAPS: Final = {
    0: "not at all: it leaked",
    1: "for an hour",
    24: "for a day",
    168: "for a week",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPage:
    template: ClassVar[str] = "dashboard/webhook.html"

    layout: Layout
    endpoint: Endpoint
    backlog: Backlog
    outcome: Outcome
    now: datetime
    events: tuple[str, ...]
    # What the form holds: what was typed where it could not be saved.
    typed: EndpointChange
    problems: tuple[str, ...]
    overlaps: dict[int, str]
    deliveries: tuple[Delivery, ...]
    # The status that is asked for; empty for all.
    only: str
    is_first: bool
    later: str | None
    # The last ones, newest first.
    replays: tuple[Replay, ...]
    types: tuple[str, ...]
    # The new signing secret, right after a rotation.
    secret: str | None
    # The event that was just sent as an example, and what the receiver answered.
    sent: tuple[str, DeliveryResult] | None
    examples: tuple[str, ...]


async def show_endpoint(request: Request, project: Project) -> Response:
    try:
        return await _webhook_page(request, project)
    except HubError as error:
        return refused(request, project, error)


async def change_endpoint(request: Request, project: Project) -> Response:
    """Run the action of the posted form on an endpoint."""
    hub, endpoint_id = hub_of(request), request.path_params["endpoint_id"]
    verb, form, actor = request.path_params["verb"], await read_form(request), actor_of(request)
    try:
        if verb in _FORMS:
            return await _FORMS[verb](request, project, form)
        async with hub.db.write(project.id, actor) as tx:
            if verb == "delete":
                await webhooks.remove(tx, endpoint_id)
            elif verb in _STATES:
                await webhooks.change(
                    tx,
                    endpoint_id,
                    EndpointChange(active=_STATES[verb]),
                    private=hub.egress.private_networks,
                )
            else:
                raise HTTPException(404)
    except HubError as error:
        return refused(request, project, error)
    if verb == "delete":
        return RedirectResponse(f"{base_path(hub)}/dashboard/webhooks", 303)
    return _back(request)


_STATES: Final = {"disable": False, "enable": True}


def _back(request: Request, part: str = "") -> Response:
    place = quote(request.path_params["endpoint_id"], safe="")
    return RedirectResponse(f"{base_path(hub_of(request))}/dashboard/webhooks/{place}{part}", 303)


async def _replay(request: Request, project: Project, form: Form) -> Response:
    fields, actor = form.fields(), actor_of(request)
    outcome = fields.get("outcome", "")
    if outcome not in list(ReplayOutcome):
        msg = "Choose which deliveries are made again."
        raise InvalidRequest(msg)
    chosen = ReplayFilter(
        ReplayOutcome(outcome),
        tuple(form.all("event")),
        _moment(fields.get("since")),
        _moment(fields.get("until")),
    )
    async with hub_of(request).db.write(project.id, actor) as tx:
        await replays.start(tx, request.path_params["endpoint_id"], chosen)
    return _back(request, "#replay")


async def _stop(request: Request, project: Project, form: Form) -> Response:
    replay_id, actor = form.fields().get("replay", ""), actor_of(request)
    async with hub_of(request).db.write(project.id, actor) as tx:
        await replays.stop(tx, request.path_params["endpoint_id"], replay_id)
    return _back(request, "#replay")


def _moment(text: str | None) -> datetime | None:
    """Return the moment that a form names in UTC."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        msg = "Write a time as 2026-03-01T09:30; it is in UTC."
        raise InvalidRequest(msg) from None


async def _edit(request: Request, project: Project, form: Form) -> Response:
    hub, change, actor = hub_of(request), read_endpoint(form), actor_of(request)
    endpoint_id = request.path_params["endpoint_id"]
    try:
        require_form(change)
        async with hub.db.write(project.id, actor) as tx:
            await webhooks.change(tx, endpoint_id, change, private=hub.egress.private_networks)
    except InvalidRequest as refusal:
        return await _webhook_page(request, project, typed=change, problems=problems_of(refusal))
    return _back(request)


async def _rotate(request: Request, project: Project, form: Form) -> Response:
    hub, actor = hub_of(request), actor_of(request)
    hours = whole_number(form.fields().get("overlap_hours", ""), most=max(_OVERLAPS))
    if hours not in _OVERLAPS:
        msg = "Choose how long the old secret signs as well."
        raise InvalidRequest(msg)
    async with hub.db.write(project.id, actor) as tx:
        _, secret = await secrets.rotate(
            tx, hub.vault, request.path_params["endpoint_id"], overlap=timedelta(hours=hours)
        )
    return await _webhook_page(request, project, secret=secret.reveal())


async def _send_example(request: Request, project: Project, form: Form) -> Response:
    hub, event = hub_of(request), form.fields().get("event", "")
    async with hub.db.read(project.id) as tx:
        endpoint = await Endpoints(tx).get(request.path_params["endpoint_id"])
        signing = await secrets.signing_secrets(tx, hub.vault, endpoint)
    result = await examples.send(hub, project.id, endpoint, signing, event=event)
    return await _webhook_page(request, project, sent=(event, result))


_FORMS: Final[Mapping[str, Callable[[Request, Project, Form], Awaitable[Response]]]] = {
    "edit": _edit,
    "rotate": _rotate,
    "replay": _replay,
    "stop": _stop,
    "example": _send_example,
}


async def _webhook_page(
    request: Request,
    project: Project,
    *,
    typed: EndpointChange | None = None,
    problems: tuple[str, ...] = (),
    secret: str | None = None,
    sent: tuple[str, DeliveryResult] | None = None,
) -> Response:
    hub = hub_of(request)
    now = hub.clock()
    only = request.query_params.get("status", "")
    only = only if only in list(DeliveryStatus) else ""
    after = read_cursor(request.query_params.get("after") or None, EventId)
    async with hub.db.read(project.id) as tx:
        endpoint = await Endpoints(tx).get(request.path_params["endpoint_id"])
        listed = await Deliveries(tx).page(
            endpoint.id, status=only or None, after=after, size=_PAGE_SIZE
        )
        last_replays = await Replays(tx).newest(endpoint.id, most=_REPLAYS)
        backlog = await Backlogs(tx).get(endpoint.id)
        outcome = await Outcomes(tx).get(endpoint.id, since=now - DAY)
    return page(
        request,
        WebhookPage(
            layout=Layout.of(request, project),
            endpoint=endpoint,
            backlog=backlog,
            outcome=outcome,
            now=now,
            events=EVENTS,
            typed=typed or EndpointChange(endpoint.url, endpoint.events, endpoint.description),
            problems=problems,
            overlaps=_OVERLAPS,
            deliveries=listed.items,
            only=only,
            is_first=after is None,
            later=listed.next and urlencode({"status": only, "after": listed.next}),
            replays=tuple(last_replays),
            types=EVENTS[1:],
            secret=secret,
            sent=sent,
            examples=tuple(CATALOGUE),
        ),
        status=422 if problems else 200,
    )
