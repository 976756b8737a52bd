"""Cookies of the browser that a sign-in was started in."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.connect.sign_in.models import BrowserKey, SignIn
from jackfield.connect.sign_in.repo import find_in_browser
from jackfield.ui.rendering import hub_of

_COOKIE: Final = "jackfield_sign_in"
_SECONDS: Final = 3600


def browser_of(request: Request) -> BrowserKey | None:
    value = request.cookies.get(cookie_name(request, _COOKIE), "")
    return BrowserKey(value) if value.startswith(BrowserKey.prefix) else None


async def sign_in_of(request: Request) -> SignIn | None:
    """Return the sign-in that a page is about, if this browser started it."""
    browser, sign_in_id = browser_of(request), request.path_params["sign_in_id"]
    if browser is None:
        return None
    return await find_in_browser(hub_of(request).db, sign_in_id, browser)


def keep_browser(request: Request, response: Response, browser: BrowserKey) -> None:
    set_cookie(request, response, _COOKIE, browser.reveal(), seconds=_SECONDS)


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, seconds: int
) -> None:
    """Set a cookie that no script reads, and no other site's form or frame sends along."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def cookie_name(request: Request, name: str) -> str:
    return f"__Host-{name}" if _is_secure(request) else name


def _is_secure(request: Request) -> bool:
    return hub_of(request).public_url.startswith("https://")
