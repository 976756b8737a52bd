"""`/dashboard/webhooks/events`: the catalogue of events, and how receivers verify signatures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from jackfield.kit.json import encode, indented
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout
from jackfield.ui.rendering import hub_of, page
from jackfield.webhooks.catalogue.events import CATALOGUE
from jackfield.webhooks.catalogue.snippets import snippets


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event type with its example and its schema as people read them."""

    type: str
    description: str
    example: str
    schema: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsPage:
    template: ClassVar[str] = "dashboard/webhook_events.html"

    layout: Layout
    events: tuple[ShownEvent, ...]
    # Code by language.
    snippets: Mapping[str, str]


async def list_events(request: Request, project: Project) -> Response:
    now = hub_of(request).clock()
    return page(
        request,
        EventsPage(
            layout=Layout.of(request, project),
            events=tuple(
                ShownEvent(
                    each.type,
                    each.description,
                    indented(encode({**each.body(project.id, now), "sent_at": now})),
                    indented(encode(each.schema)),
                )
                for each in CATALOGUE.values()
            ),
            snippets=snippets(),
        ),
    )
