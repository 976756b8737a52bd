"""Static files: ours, and the connectors' icons."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
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
IMAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is, and compressed."""

    content: bytes
    zipped: bytes
    media_type: str


@cache
def files() -> Mapping[str, Asset]:
    """Return our static files by name."""
    return {
        file.name: Asset(content, gzip.compress(content, mtime=0), _TYPES[suffix])
        for file in resources.files("jackfield.ui").joinpath("static").iterdir()
        if (suffix := PurePosixPath(file.name).suffix) in _TYPES
        if (content := file.read_bytes())
    }


@cache
def version() -> str:
    """
    Return what changes in our files' URLs when any of them does, so that they may be kept for ever.

    One for all of them, because scripts import each other by names next to their own.
    """
    digest = hashlib.sha256()
    for name, asset in sorted(files().items()):
        digest.update(name.encode() + b"\0" + asset.content)
    return digest.hexdigest()[:12]


async def static(request: Request) -> Response:
    is_current = request.path_params["version"] == version()
    return respond(
        request,
        request.path_params["name"],
        headers={
            "cache-control": _A_YEAR if is_current else _AN_HOUR,
            "x-content-type-options": "nosniff",
        },
    )


def respond(request: Request, name: str, *, headers: Mapping[str, str]) -> Response:
    """Return a static file, compressed for whoever takes it so."""
    asset = files().get(name)
    if asset is None:
        return Response(status_code=404)
    if not takes_gzip(request):
        return Response(
            asset.content,
            headers={**headers, "vary": "accept-encoding"},
            media_type=asset.media_type,
        )
    return Response(
        asset.zipped,
        headers={**headers, "vary": "accept-encoding", "content-encoding": "gzip"},
        media_type=asset.media_type,
    )


def takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


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
            "content-security-policy": IMAGE_POLICY,
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        },
        media_type=media_type,
    )
