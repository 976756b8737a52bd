"""
Request to a Hub page: its connect session, theme and frame.

A person who was sent an auth link shows the session's token in the address. Inside the page of a
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
from jackfield.ui.rendering import PageContext, base_path, hub_of, page, plain_name

PATH: Final = "/embedded/integrations"
_KEPT: Final = ("lang", "account")


@dataclass(frozen=True, slots=True)
class HubRequest:
    """A request for a Hub page; `refusal` is the error if its session cannot be used."""

    request: Request
    hub: Hub
    holder: Holder
    theme: PageTheme
    refusal: HubError | None

    @property
    def is_framed(self) -> bool:
        return self.theme.is_framed

    @property
    def owner(self) -> str:
        """The name of the customer who links, or their id if the name shows nothing."""
        terms = self.holder.session.terms
        return plain_name(terms.origin_owner_name, terms.origin_owner_id)

    def url(self, **query: str) -> str:
        """Return the address of a Hub page for this session."""
        return _url(self.request, is_framed=self.is_framed, query=query)

    def page(self, context: PageContext, *, status: int = 200) -> Response:
        return page(self.request, context, status=status)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedPage:
    template: ClassVar[str] = "hub/ended.html"

    look: PageTheme
    title: str
    explanation: str
    what_to_do: str | None = None
    # The words of the provider or the connector.
    detail: str | None = None
    # The address of the form, to start over.
    restart: str | None = None
    # Whether it is the last page of a window that a form opened.
    closes: bool = False
    # Whether what it waits for ends by itself.
    is_waiting: bool = False


async def load(request: Request) -> HubRequest:
    """
    Load the connect session of a request.

    Raises:
        ConnectTokenInvalid: it belongs to no session.
    """
    hub = hub_of(request)
    header = request.headers.get("x-hub-session-token")
    holder = await connect.find_session(
        hub, ConnectToken(header or request.query_params.get("token", ""))
    )
    settings = await projects.project_settings(hub, holder.project_id)
    is_framed = header is not None
    look = theme_of(request, holder.project_id, settings, is_framed=is_framed)
    look = replace(look, language_urls=_language_urls(request, look))
    refusal = None
    try:
        holder.session.require_open(hub.clock())
        holder.session.require_attempt()
        if is_framed:
            await frames.frame_of(hub, holder, request.headers.get("x-hub-frame", ""))
    except HubError as refused:
        refusal = refused
    return HubRequest(request, hub, holder, look, refusal)


async def load_for(request: Request, holder: Holder) -> HubRequest:
    """Return a request for a page about a session that is known by other means than its token."""
    hub = hub_of(request)
    settings = await projects.project_settings(hub, holder.project_id)
    look = theme_of(request, holder.project_id, settings, is_framed=False)
    look = replace(look, language_urls=_languages_here(request, look))
    return HubRequest(request, hub, holder, look, None)


def unknown_session_page(
    request: Request,
    *,
    status: int = 404,
    key: str = "invalid",
    group: str = "ended",
    what: bool = True,
) -> Response:
    """Return a page for a visitor without a session that explains why it is empty."""
    look = guest_theme(request)
    look = replace(look, language_urls=_languages_here(request, look))
    return page(
        request,
        EndedPage(
            look=look,
            title=look.words(f"{group}.{key}"),
            explanation=look.words(f"{group}.{key}_text"),
            what_to_do=look.words(f"{group}.{key}_what") if what else None,
        ),
        status=status,
    )


def _language_urls(request: Request, look: PageTheme) -> dict[str, str]:
    query = request.query_params
    kept = {name: query[name] for name in ("connector", "category", "q") if name in query}
    return {
        code: _url(request, is_framed=look.is_framed, query={**kept, "lang": code})
        for code in look.languages
    }


def _languages_here(request: Request, look: PageTheme) -> dict[str, str]:
    # What begins with two slashes is an address of another host.
    path = f"{base_path(hub_of(request))}/{request.url.path.lstrip('/')}"
    return {code: f"{path}?lang={code}" for code in look.languages}


def _url(request: Request, *, is_framed: bool, query: Mapping[str, str]) -> str:
    current = request.query_params
    kept = {name: current[name] for name in _KEPT if name in current}
    token = {} if is_framed else {"token": current.get("token", "")}
    parts = urlencode({**token, **kept, **query})
    return f"{base_path(hub_of(request))}{PATH}" + (f"?{parts}" if parts else "")
