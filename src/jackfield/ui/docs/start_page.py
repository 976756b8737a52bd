"""`/docs`: the start of the documentation."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from jackfield.connectors.connector import Connector
from jackfield.ui.docs.frame import DocsFrame, frame_of
from jackfield.ui.docs.manual import ManualPage, manual
from jackfield.ui.rendering import hub_of, page


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPage:
    template: ClassVar[str] = "docs/start.html"

    frame: DocsFrame
    first: ManualPage | None
    pages: tuple[tuple[str, tuple[ManualPage, ...]], ...]
    connectors: tuple[Connector, ...]


async def start_page(request: Request) -> Response:
    """Show what there is to read, and where the clients of this hub find it."""
    offered = tuple(each for each in hub_of(request).catalog.connectors() if each.is_offered)
    return page(request, start_view(frame_of(request, ""), offered))


def start_view(frame: DocsFrame, connectors: tuple[Connector, ...]) -> StartPage:
    """Return what the template of the start page is given."""
    return StartPage(
        frame=frame,
        first=manual().find("quick-start"),
        pages=tuple((name, pages) for name, pages in manual().sections.items() if pages),
        connectors=connectors,
    )
