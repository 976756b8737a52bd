"""
Request to a Hub page: its connect session, theme and frame.

Somebody who was sent an auth link shows the session's token in the address. Inside the page of a
product the token stays out of it: the frame sends it in a header, with the name of the frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from jackfield.connect import frames
from jackfield.connect import sessions as connect
from jackfield.connect.models import ConnectToken
from jackfield.connect.repo import Holder
from jackfield.kit.errors import HubError
from jackfield.projects import service as projects
from jackfield.runtime import Hub
from jackfield.ui.page_theme import PageTheme, guest_theme, theme_of
from jackfield.ui.rendering import PageContext, base_path, hub_of, page

PATH: Final = "/embedded/integrations"
_KEPT: Final = ("lang", "account")


@dataclass(frozen=True, slots=True)
class HubRequest:
    """`refusal` says why the session cannot be used, if it cannot."""

    request: Request
    hub: Hub
    holder: Holder
    theme: PageTheme
    refusal: HubError | None

    @property
    def is_framed(self) -> bool:
        return self.theme.is_framed

    def url(self, **query: str) -> str:
        """Return the address of a Hub page for this session."""
        return _url(self.request, is_framed=self.is_framed, query=query)

    def page(self, shown: PageContext, *, status: int = 200) -> Response:
        return page(self.request, shown, status=status)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedPage:
    template: ClassVar[str] = "hub/ended.html"

    look: PageTheme
    title: str
    explanation: str
    what_to_do: str | None = None
    # Whether it is the page a provider's own page leads back to.
    is_returned: bool = False


async def load(request: Request) -> HubRequest:
    """
    Find out whose session a page is asked for.

    Raises:
        ConnectTokenInvalid: nobody's.
    """
    hub = hub_of(request)
    shown = request.headers.get("x-hub-session-token")
    holder = await connect.find_session(
        hub, ConnectToken(shown or request.query_params.get("token", ""))
    )
    settings = await projects.project_settings(hub, holder.project_id)
    is_framed = shown is not None
    look = theme_of(request, holder.project_id, settings, is_framed=is_framed)
    look = replace(look, language_urls=_language_urls(request, look))
    refusal = None
    try:
        holder.session.require_open(hub.clock())
        if shown is not None:
            await frames.frame_of(hub, holder, request.headers.get("x-hub-frame", ""))
    except HubError as refused:
        refusal = refused
    return HubRequest(request, hub, holder, look, refusal)


def unknown_session_page(
    request: Request, *, status: int = 404, key: str = "invalid", what: bool = True
) -> Response:
    """Explain to somebody we know nothing of why there is nothing to see."""
    look, path = guest_theme(request), f"{base_path(hub_of(request))}{request.url.path}"
    look = replace(look, language_urls={code: f"{path}?lang={code}" for code in look.languages})
    return page(
        request,
        EndedPage(
            look=look,
            title=look.words(f"ended.{key}"),
            explanation=look.words(f"ended.{key}_text"),
            what_to_do=look.words(f"ended.{key}_what") if what else None,
        ),
        status=status,
    )


def _language_urls(request: Request, look: PageTheme) -> dict[str, str]:
    query = request.query_params
    place = {name: query[name] for name in ("connector", "category", "q") if name in query}
    return {
        code: _url(request, is_framed=look.is_framed, query={**place, "lang": code})
        for code in look.languages
    }


def _url(request: Request, *, is_framed: bool, query: Mapping[str, str]) -> str:
    asked = request.query_params
    kept = {name: asked[name] for name in _KEPT if name in asked}
    token = {} if is_framed else {"token": asked.get("token", "")}
    parts = urlencode({**token, **kept, **query})
    return f"{base_path(hub_of(request))}{PATH}" + (f"?{parts}" if parts else "")
