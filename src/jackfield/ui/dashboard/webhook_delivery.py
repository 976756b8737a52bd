"""`/dashboard/webhooks/{id}/deliveries/{event_id}`: one delivery and its attempts."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.kit.json import indented
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.rendering import base_path, hub_of, page
from jackfield.webhooks.attempts.models import Attempt
from jackfield.webhooks.attempts.repo import Attempts
from jackfield.webhooks.models import Delivery, Endpoint
from jackfield.webhooks.replays import service as replays
from jackfield.webhooks.repo import Deliveries, Endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    template: ClassVar[str] = "dashboard/webhook_delivery.html"

    layout: Layout
    endpoint: Endpoint
    delivery: Delivery
    # Newest first.
    attempts: tuple[Attempt, ...]
    # What is sent, but for the time of sending; null if the event is no longer kept.
    payload: str | None


async def show_delivery(request: Request, project: Project) -> Response:
    endpoint_id, event_id = _ids(request)
    try:
        async with hub_of(request).db.read(project.id) as tx:
            endpoint = await Endpoints(tx).get(endpoint_id)
            delivery = await Deliveries(tx).get(endpoint.id, event_id)
            attempts = await Attempts(tx).of(endpoint.id, event_id)
            payload = await Attempts(tx).payload(event_id)
    except HubError as error:
        return refused(request, project, error)
    return page(
        request,
        DeliveryPage(
            layout=Layout.of(request, project),
            endpoint=endpoint,
            delivery=delivery,
            attempts=tuple(attempts),
            payload=payload and indented(payload),
        ),
    )


async def replay_delivery(request: Request, project: Project) -> Response:
    """Deliver an event again, whatever the result before."""
    endpoint_id, event_id = _ids(request)
    hub, actor = hub_of(request), actor_of(request)
    try:
        async with hub.db.write(project.id, actor) as tx:
            await replays.replay_one(tx, endpoint_id, event_id)
    except HubError as error:
        return refused(request, project, error)
    place = f"{quote(endpoint_id, safe='')}/deliveries/{quote(event_id, safe='')}"
    return RedirectResponse(f"{base_path(hub)}/dashboard/webhooks/{place}", 303)


def _ids(request: Request) -> tuple[str, str]:
    return request.path_params["endpoint_id"], request.path_params["event_id"]
