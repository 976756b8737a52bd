"""Static files."""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_IMPORT: Final = re.compile(r'^import .* from "(\..+)";$', re.MULTILINE)
_SHARED: Final = ("tokens", "old_browsers", "base", "buttons", "fields", "callouts", "tiles")
# Each component has a style file of its own; a page loads one file with all it needs.
_STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    "hub.css": (*_SHARED, "panels", "cords", "forms", "guides"),
    "portal.css": (*_SHARED, "panels", "marks", "cards", "states", "portal"),
    "dashboard.css": (
        *_SHARED,
        *("shell", "lists", "marks", "cards", "tables", "timelines", "charts", "code", "faults"),
        *("funnels", "overlays", "states", "layout", "sign_in", "members", "prose", "explorer"),
        "accounts",
    ),
    "reference.css": (
        *_SHARED,
        *("shell", "lists", "marks", "cards", "tables", "code", "layout", "prose", "reference"),
        "manual",
    ),
}
_A_YEAR: Final = "public, max-age=31536000, immutable"
AN_HOUR: Final = "public, max-age=3600"
# Icons and logos are not trusted: they may only be used as images.
IMAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file with its content as it is and compressed."""

    content: bytes
    zipped: bytes
    media_type: str


@cache
def files() -> Mapping[str, Asset]:
    """Return the static files by name, with the combined style sheets."""
    contents = {
        name: file.read_bytes()
        for name, file in _walk(resources.files("jackfield.ui").joinpath("static"))
        if PurePosixPath(name).suffix in _TYPES
    }
    for name, own in _STYLES.items():
        contents[name] = b"\n".join(contents[f"styles/{each}.css"] for each in own)
    return {
        name: Asset(content, gzip.compress(content, mtime=0), _TYPES[PurePosixPath(name).suffix])
        for name, content in contents.items()
    }


@cache
def modules(name: str) -> tuple[str, ...]:
    """Return the names of all modules that a script imports, directly or not."""
    imported_modules: dict[str, None] = {}
    waiting = [name]
    while waiting:
        importing = waiting.pop(0)
        for path in _IMPORT.findall(files()[importing].content.decode()):
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(importing), path))
            if imported not in imported_modules:
                imported_modules[imported] = None
                waiting.append(imported)
    return tuple(imported_modules)


@cache
def version() -> str:
    """
    Return a hash of all static files, which stands in their URLs so that they can be cached forever.

    It is one for all files, because scripts import each other by relative URLs.
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
            "cache-control": _A_YEAR if is_current else AN_HOUR,
            "x-content-type-options": "nosniff",
        },
    )


def respond(request: Request, name: str, *, headers: Mapping[str, str]) -> Response:
    """Return a static file, compressed if the client accepts gzip."""
    asset = files().get(name)
    if asset is None:
        return Response(status_code=404)
    headers = {**headers, "vary": "accept-encoding"}
    if not accepts_gzip(request):
        return Response(asset.content, headers=headers, media_type=asset.media_type)
    headers["content-encoding"] = "gzip"
    return Response(asset.zipped, headers=headers, media_type=asset.media_type)


def compressed(
    request: Request, content: bytes, *, media_type: str, headers: Mapping[str, str]
) -> Response:
    """Return what is made for a hub, compressed if the client accepts gzip."""
    headers = {**headers, "vary": "accept-encoding"}
    if accepts_gzip(request):
        content = gzip.compress(content, compresslevel=6, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(content, headers=headers, media_type=media_type)


def accepts_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _walk(folder: Traversable, place: str = "") -> Iterator[tuple[str, Traversable]]:
    for file in folder.iterdir():
        if file.is_dir():
            yield from _walk(file, f"{place}{file.name}/")
        else:
            yield f"{place}{file.name}", file
