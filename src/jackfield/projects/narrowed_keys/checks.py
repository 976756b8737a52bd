"""Checks of each request with a narrowed key: the clock, and the page that sends it."""

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jackfield.kit.request_context import RequestContext
from jackfield.projects.key_limits import Narrowing
from jackfield.projects.models import Caller, Unauthenticated
from jackfield.projects.narrowed_keys.models import CLOCK_TOLERANCE, PageNotAllowed
from jackfield.projects.settings import allows_origin, normal_origin

if TYPE_CHECKING:
    from jackfield.runtime import Hub


def require_clock(caller: Caller, narrowing: Narrowing, now: datetime) -> None:
    """
    Refuse a key whose minutes cannot be told: the clock was set back since it was made or used.

    Raises:
        Unauthenticated: that is so.
    """
    known = caller.use.latest or narrowing.created_at
    latest = max(known, narrowing.created_at)
    if now + CLOCK_TOLERANCE < latest:
        msg = "the hub's clock was set back, so nobody can tell whether this key has expired: mint another"
        raise Unauthenticated(msg, is_unknown_key=True)
    caller.use.latest = max(now, latest)


def require_page(hub: "Hub", caller: Caller, request: RequestContext) -> None:
    """
    Let pages of the project's allowed origins use a narrowed key, and software that is no page.

    Raises:
        PageNotAllowed: a page of another origin sends the request.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return
    if not allows_origin((*caller.origins, own_origin(hub.public_url)), origin):
        msg = (
            f"{normal_origin(origin) or 'this page'} is not among the project's allowed_origins: "
            "add it with PATCH /jackfield/project"
        )
        raise PageNotAllowed(msg)
    request.page_origin = origin


def own_origin(public_url: str) -> str:
    parts = urlsplit(public_url)
    return normal_origin(f"{parts.scheme}://{parts.netloc}") or ""
