"""`/dashboard/webhooks`: the project's webhook endpoints, and a form that adds one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.events.models import EventType
from jackfield.kit.errors import InvalidRequest
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import Form, read_form
from jackfield.ui.rendering import hub_of, page
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.backlog.repo import Backlog, Backlogs
from jackfield.webhooks.models import Endpoint, EndpointChange
from jackfield.webhooks.outcomes.repo import Outcome, Outcomes
from jackfield.webhooks.repo import Endpoints

EVENTS: Final = (webhooks.EVERY_EVENT, *(each.value for each in EventType))
DAY: Final = timedelta(days=1)
_LONGEST_DESCRIPTION: Final = 500
_NOT_CHOSEN: Final = "Choose what the endpoint is told of."


@dataclass(frozen=True, slots=True)
class ListedEndpoint:
    """An endpoint with what waits for it, and what became of the events of a day."""

    endpoint: Endpoint
    backlog: Backlog
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksPage:
    template: ClassVar[str] = "dashboard/webhooks.html"

    layout: Layout
    endpoints: tuple[ListedEndpoint, ...]
    events: tuple[str, ...]
    typed: Mapping[str, str]
    chosen: tuple[str, ...]
    problems: tuple[str, ...]
    # The endpoint that was just added, and its signing secret.
    made: tuple[Endpoint, str] | None


async def list_endpoints(request: Request, project: Project) -> Response:
    return await _webhooks_page(request, project)


async def add_endpoint(request: Request, project: Project) -> Response:
    """Add an endpoint, and show its signing secret: the only time it can be read."""
    hub, form, actor = hub_of(request), await read_form(request), actor_of(request)
    change = read_endpoint(form)
    try:
        require_form(change)
        async with hub.db.write(project.id, actor) as tx:
            endpoint, secret = await webhooks.create(
                tx, hub.vault, change, private=hub.egress.private_networks
            )
    except InvalidRequest as refusal:
        return await _webhooks_page(
            request,
            project,
            typed=form.fields(),
            chosen=tuple(form.all("event")),
            problems=problems_of(refusal),
        )
    return await _webhooks_page(request, project, made=(endpoint, secret.reveal()))


def read_endpoint(form: Form) -> EndpointChange:
    """Return the change that an endpoint's form describes, unchecked; all events are one choice."""
    fields, events = form.fields(), tuple(form.all("event"))
    return EndpointChange(
        fields.get("url", ""),
        (webhooks.EVERY_EVENT,) if webhooks.EVERY_EVENT in events else events,
        fields.get("description", ""),
    )


def require_form(change: EndpointChange) -> None:
    """
    Check what the form asks for, and the API in words of its own.

    Raises:
        InvalidRequest: no event is chosen, or the description is too long.
    """
    if not change.events:
        raise InvalidRequest(_NOT_CHOSEN)
    if len(change.description or "") > _LONGEST_DESCRIPTION:
        msg = f"Describe it in up to {_LONGEST_DESCRIPTION} characters."
        raise InvalidRequest(msg)


def problems_of(refusal: InvalidRequest) -> tuple[str, ...]:
    """Return what a form's alert says of a refusal."""
    named = tuple(f"{each.path}: {each.message}" for each in refusal.faults)
    return named or (refusal.detail,)


async def _webhooks_page(
    request: Request,
    project: Project,
    *,
    typed: Mapping[str, str] | None = None,
    chosen: tuple[str, ...] = (webhooks.EVERY_EVENT,),
    problems: tuple[str, ...] = (),
    made: tuple[Endpoint, str] | None = None,
) -> Response:
    hub = hub_of(request)
    async with hub.db.read(project.id) as tx:
        endpoints = await Endpoints(tx).all()
        backlogs = await Backlogs(tx).all()
        outcomes = await Outcomes(tx).since(hub.clock() - DAY)
    return page(
        request,
        WebhooksPage(
            layout=Layout.of(request, project),
            # One may have been added in between.
            endpoints=tuple(
                ListedEndpoint(each, backlogs[each.id], outcomes[each.id])
                for each in endpoints
                if each.id in backlogs and each.id in outcomes
            ),
            events=EVENTS,
            typed=typed or {},
            chosen=chosen,
            problems=problems,
            made=made,
        ),
        status=422 if problems else 200,
    )
