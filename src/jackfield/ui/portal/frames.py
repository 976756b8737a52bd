"""
`/portal/frames/{id}`: the page inside a product's frame, and the script that puts it there.

It shows nothing and knows no token. It hands its parent a message port, takes the token of a link
from there, exchanges it for a key that the parent never sees, and then shows the portal's pages.
"""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from jackfield.portal.frames import find_policy
from jackfield.portal.models import PortalFrame, PortalHolder, PortalTokenInvalid
from jackfield.ui.hub.frames import script
from jackfield.ui.portal.portal_request import PortalLook, ended, look_of
from jackfield.ui.rendering import hub_of, page


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalFramePage:
    template: ClassVar[str] = "portal/frame.html"

    look: PortalLook
    frame: PortalFrame
    # The language that the project asked for, whatever that of the product's page is.
    locale: str | None


async def frame(request: Request) -> Response:
    policy = await find_policy(hub_of(request), request.path_params["frame_id"])
    if policy is None:
        return ended(request, PortalTokenInvalid())
    holder = PortalHolder(policy.frame.project_id, policy.session)
    look = await look_of(request, holder, is_framed=True)
    return page(
        request,
        PortalFramePage(look=look, frame=policy.frame, locale=policy.session.terms.locale),
        ancestors=policy.ancestors,
    )


async def element(request: Request) -> Response:
    """Serve the script of the custom element, for pages of any origin."""
    return script(request, "portal.js")
