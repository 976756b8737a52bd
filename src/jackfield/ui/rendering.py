"""From a template and what it shows to a response."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from jackfield.runtime import Hub
from jackfield.ui import assets

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "content-security-policy": _POLICY,
    # The address of a Hub page holds its token, which is nobody else's business.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("jackfield.ui"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def hub_of(request: Request) -> Hub:
    return request.app.state.hub


def base_path(hub: Hub) -> str:
    """Return the path all URLs of ours start with: empty, unless served under a sub-path."""
    return urlsplit(hub.public_url).path.rstrip("/")


def page(request: Request, template: str, *, status: int = 200, **shown: Any) -> Response:
    """Render `template` with what is `shown`."""
    base = base_path(hub_of(request))

    def asset(name: str) -> str:
        return f"{base}/static/{name}?v={assets.fingerprint(name)}"

    def icon(key: str) -> str:
        return f"{base}/connectors/{key}/icon"

    text = _environment.get_template(template).render(base=base, asset=asset, icon=icon, **shown)
    return HTMLResponse(text, status, dict(_HEADERS))
