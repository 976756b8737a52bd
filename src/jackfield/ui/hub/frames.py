"""
`/embedded/frames/{id}`: the page inside a product's frame, and the scripts that put it there.

It shows nothing and knows no token. It hands its parent a message port, takes the token from
there, and from then on shows the Hub's pages.
"""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from jackfield.connect.frames import find_policy
from jackfield.connect.models import Frame
from jackfield.projects import service as projects
from jackfield.ui import assets
from jackfield.ui.hub.hub_request import PATH, unknown_session_page
from jackfield.ui.page_theme import PageTheme, theme_of
from jackfield.ui.rendering import base_path, hub_of, page

_ANY_PAGE = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "public, max-age=300",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePage:
    template: ClassVar[str] = "hub/frame.html"

    look: PageTheme
    frame: Frame
    start: str


async def frame(request: Request) -> Response:
    hub = hub_of(request)
    policy = await find_policy(hub, request.path_params["frame_id"])
    if policy is None:
        return unknown_session_page(request)
    settings = await projects.project_settings(hub, policy.frame.project_id)
    return page(
        request,
        FramePage(
            look=theme_of(request, policy.frame.project_id, settings, is_framed=True),
            frame=policy.frame,
            start=f"{base_path(hub)}{PATH}",
        ),
        ancestors=policy.ancestors,
    )


async def element(request: Request) -> Response:
    """Serve the script of the custom element, for pages of any origin."""
    return script(request, "hub.js")


async def legacy(request: Request) -> Response:
    """Serve the script of `Connect.start`, the older way to open the Hub."""
    return script(request, "connect.js")


def script(request: Request, name: str) -> Response:
    """Serve a script for pages of any origin."""
    return assets.respond(request, name, headers=_ANY_PAGE)
