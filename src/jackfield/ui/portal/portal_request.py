"""
Request to a page of a portal: its holder, theme and frame.

A browser that opened a link has a cookie for the paths of that one portal. Inside the page of a
product, where browsers keep no cookies of other sites, the frame sends the key in a header, with the
name of the frame.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Final, TypeAlias
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.connect.models import OriginNotAllowed
from jackfield.kit.errors import HubError
from jackfield.language import catalog as language
from jackfield.language.catalog import Words
from jackfield.portal import frames
from jackfield.portal import service as portals
from jackfield.portal.models import (
    PortalHolder,
    PortalKey,
    PortalLinkUsed,
    PortalRight,
    PortalSession,
    PortalSessionExpired,
    PortalSessionRevoked,
    PortalTheme,
    PortalTokenInvalid,
)
from jackfield.projects import service as projects
from jackfield.runtime import Hub
from jackfield.ui.brand import brand_of
from jackfield.ui.page_theme import PageTheme, guest_theme
from jackfield.ui.rendering import PageContext, base_path, hub_of, page, plain_name
from jackfield.ui.same_origin import is_from_here

COOKIE: Final = "jackfield_portal"
_GONE: Final = 410
_SAFE: Final = frozenset({"GET", "HEAD"})
# The words for how a portal ended, by error code, and the status of their page.
_ENDS: Final = {
    PortalTokenInvalid.code: ("invalid", 404),
    PortalLinkUsed.code: ("used_link", _GONE),
    PortalSessionExpired.code: ("expired", _GONE),
    PortalSessionRevoked.code: ("revoked", _GONE),
    OriginNotAllowed.code: ("invalid", 403),
}

REFUSALS: Final = (
    PortalTokenInvalid,
    PortalLinkUsed,
    PortalSessionExpired,
    PortalSessionRevoked,
    OriginNotAllowed,
)

View: TypeAlias = Callable[["PortalRequest"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class PortalLook:
    """The theme of a portal's pages, and the names that stand in their texts."""

    theme: PageTheme
    scheme: PortalTheme | None
    project: str
    owner: str

    def say(self, key: str, /, **values: str) -> str:
        """Return a text of the portal; the words for a product without a name may begin it."""
        text = self.theme.words(f"portal.{key}", **{"project": self.project, **values})
        is_named = self.theme.brand is not None and self.theme.brand.name
        return text if is_named else text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class PortalRequest:
    """A request for a page of an open portal."""

    request: Request
    hub: Hub
    holder: PortalHolder
    look: PortalLook

    @property
    def is_framed(self) -> bool:
        return self.look.theme.is_framed

    @property
    def links(self) -> "PortalLinks":
        lang = self.request.query_params.get("lang")
        return PortalLinks(portal_path(self.hub, self.holder.session), lang)

    def page(self, context: PageContext, *, status: int = 200) -> Response:
        return page(self.request, context, status=status)

    def redirect(self, place: str = "", **query: str) -> Response:
        return RedirectResponse(self.links.to(place, **query), 303)


@dataclass(frozen=True, slots=True)
class PortalLinks:
    """The addresses of one portal's pages, which keep the language that was chosen."""

    path: str
    lang: str | None

    def to(self, place: str = "", **query: str) -> str:
        """Return the address of a page, such as `/accounts/acc_…`."""
        parts = urlencode({**({"lang": self.lang} if self.lang else {}), **query})
        return f"{self.path}{place}" + (f"?{parts}" if parts else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalEndedPage:
    template: ClassVar[str] = "portal/ended.html"

    look: PortalLook
    title: str
    explanation: str
    what_to_do: str | None = None
    # Where to go on.
    back: str | None = None


def opened(view: View) -> Callable[[Request], Awaitable[Response]]:
    """Require a browser or a frame that opened the portal, and posts from the hub's own pages."""

    async def show(request: Request) -> Response:
        key = request.headers.get("x-portal-key")
        hub, cookie = hub_of(request), request.cookies.get(COOKIE, "")
        try:
            holder = await portals.authenticate(
                hub, request.path_params["session_id"], PortalKey(key or cookie)
            )
            if key is not None:
                await frames.require_frame(hub, holder, request.headers.get("x-hub-frame", ""))
        except REFUSALS as refused:
            return ended(request, refused)
        look = await look_of(request, holder, is_framed=key is not None)
        found = PortalRequest(request, hub, holder, look)
        # A header like that of a frame comes from no other site.
        if request.method not in _SAFE and key is None and not is_from_here(request):
            return refused_page(found, look.say("foreign"), status=403)
        try:
            return await view(found)
        except HTTPException:
            raise
        except HubError as error:
            return refused_page(found, _reason(look, error), status=error.status)

    return show


async def look_of(request: Request, holder: PortalHolder, *, is_framed: bool = False) -> PortalLook:
    """Return the look of a portal: the language asked for, the session's, or the browser's."""
    settings = await projects.project_settings(hub_of(request), holder.project_id)
    terms = holder.session.terms
    code = language.choose(
        request.query_params.get("lang") or terms.locale, request.headers.get("accept-language")
    )
    theme = PageTheme(
        Words(code, settings.strings.get(code, {})),
        brand_of(holder.project_id, settings),
        is_framed,
    )
    theme = replace(theme, language_urls=_language_urls(request, theme))
    return PortalLook(
        theme,
        terms.theme,
        _project(theme),
        plain_name(terms.origin_owner_name, terms.origin_owner_id),
    )


def ended(request: Request, error: HubError) -> Response:
    """Return the page of a portal that cannot be opened, or not any more."""
    key, status = _ENDS[error.code]
    theme = guest_theme(request)
    look = PortalLook(theme, None, theme.words("pending.somebody"), "")
    return page(
        request,
        PortalEndedPage(
            look=look,
            title=look.say(key),
            explanation=look.say(f"{key}_text"),
            what_to_do=look.say("ask_again"),
        ),
        status=status,
    )


def closed(request: Request, look: PortalLook) -> Response:
    """Return the page of a portal that its holder closed."""
    return page(
        request,
        PortalEndedPage(
            look=look,
            title=look.say("left"),
            explanation=look.say("left_text"),
            what_to_do=look.say("ask_again"),
        ),
    )


def refused_page(portal: PortalRequest, reason: str, *, status: int) -> Response:
    """Return a page that says why something was not possible, and leads back."""
    return portal.page(
        PortalEndedPage(
            look=portal.look,
            title=portal.look.say("refused"),
            explanation=reason,
            back=portal.links.to(),
        ),
        status=status,
    )


def portal_path(hub: Hub, session: PortalSession) -> str:
    return f"{base_path(hub)}/portal/{session.id}"


def rights_of(portal: PortalRequest) -> frozenset[str]:
    return frozenset(each.value for each in PortalRight if portal.holder.has(each))


def _reason(look: PortalLook, error: HubError) -> str:
    key = f"refused_{error.code}"
    return look.say(key if look.theme.words.find(f"portal.{key}") else "refused_other")


def _project(theme: PageTheme) -> str:
    return (theme.brand.name if theme.brand else None) or theme.words("pending.somebody")


def _language_urls(request: Request, theme: PageTheme) -> dict[str, str]:
    if request.method not in _SAFE:
        return {}
    path = f"{base_path(hub_of(request))}/{request.url.path.lstrip('/')}"
    kept = {name: value for name, value in request.query_params.items() if name == "token"}
    return {code: f"{path}?{urlencode({**kept, 'lang': code})}" for code in theme.languages}
