"""Origin of a posted form: the hub's own pages, or another site's."""

from starlette.requests import Request

from jackfield.kit.urls import find_origin
from jackfield.ui.rendering import hub_of


def is_from_here(request: Request) -> bool:
    """Return whether a post comes from the hub's own pages and not from another site.

    Cookies are `SameSite=Lax` already; this protects browsers that do not support it. A post that
    does not say where it comes from is refused.
    """
    site = request.headers.get("sec-fetch-site")
    if site not in (None, "none"):
        return site == "same-origin"
    return find_origin(hub_of(request).public_url) == find_origin(request.headers.get("origin", ""))
