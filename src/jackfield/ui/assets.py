"""Static files: ours, and the connectors' icons."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.runtime import Hub

_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_A_YEAR: Final = "public, max-age=31536000, immutable"
_AN_HOUR: Final = "public, max-age=3600"
# An icon comes with a connector and may be anybody's: it is an image and nothing else.
_IMAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@cache
def files() -> Mapping[str, bytes]:
    """Return our static files by name."""
    return {
        file.name: file.read_bytes()
        for file in resources.files("jackfield.ui").joinpath("static").iterdir()
        if PurePosixPath(file.name).suffix in _TYPES
    }


@cache
def fingerprint(name: str) -> str:
    """Return what changes in a file's URL when the file does, so that it may be kept for ever."""
    return hashlib.sha256(files()[name]).hexdigest()[:12]


async def static(request: Request) -> Response:
    name = request.path_params["name"]
    content = files().get(name)
    if content is None:
        return Response(status_code=404)
    return Response(
        content,
        headers={
            "cache-control": _A_YEAR if request.query_params.get("v") else _AN_HOUR,
            "x-content-type-options": "nosniff",
        },
        media_type=_TYPES[PurePosixPath(name).suffix],
    )


async def connector_icon(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    connector = hub.catalog.find(request.path_params["key"])
    if connector is None or connector.icon is None:
        return Response(status_code=404)
    if isinstance(connector.icon, str):
        return RedirectResponse(connector.icon)
    media_type = _TYPES.get(connector.icon.suffix)
    if media_type is None:
        return Response(status_code=404)
    return Response(
        connector.icon.read_bytes(),
        headers={
            "cache-control": _AN_HOUR,
            "content-security-policy": _IMAGE_POLICY,
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        },
        media_type=media_type,
    )
