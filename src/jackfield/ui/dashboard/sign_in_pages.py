"""Pages that a browser without a session sees."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.kit.errors import HubError
from jackfield.ui.rendering import hub_of, page

_OWN_PAGE: Final = re.compile(r"/dashboard(?:[/?][!#-\[\]-~]*)?")
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    template: ClassVar[str] = "dashboard/sign_in.html"

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage:
    template: ClassVar[str] = "dashboard/signed_out.html"

    # Whether the browser opened a sign-in link that was used already.
    used: bool
    problem: str | None
    email: str
    # The page to go on to.
    next: str
    has_sso: bool
    has_passwords: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    template: ClassVar[str] = "dashboard/sign_in_code.html"

    sealed: str
    next: str
    problem: str | None


def signed_out_page(
    request: Request,
    *,
    status: int = 200,
    used: bool = False,
    error: HubError | None = None,
    email: str = "",
    next_page: str | None = None,
) -> Response:
    """Return the page to sign in at."""
    hub = hub_of(request)
    if next_page is None and request.method == "GET":
        query = request.url.query
        next_page = request.url.path + (f"?{query}" if query else "")
    response = page(
        request,
        SignedOutPage(
            used=used,
            problem=None if error is None else sentence(error),
            email=email,
            next=own_page(next_page or ""),
            has_sso=hub.oidc is not None,
            has_passwords=not hub.sso_only,
        ),
        status=status,
    )
    if error is not None and error.retry_after is not None:
        response.headers["retry-after"] = str(round(error.retry_after))
    return response


def own_page(path: str) -> str:
    """Return the path of a page of the dashboard, and the first page for whatever else is asked for."""
    if len(path) > _LONGEST or not _OWN_PAGE.fullmatch(path):
        return "/dashboard"
    return "/dashboard" if path.startswith("/dashboard/sign-") else path


def sentence(error: HubError) -> str:
    """Return what an error says, as a sentence on a page."""
    text = error.detail[:1].upper() + error.detail[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
