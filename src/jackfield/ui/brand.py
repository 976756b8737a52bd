"""A project's logo and colors, served by us: a page of ours asks nobody else for anything."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jackfield.egress.client import OutboundRequest
from jackfield.kit.errors import HubError
from jackfield.kit.ids import InvalidId, ProjectId
from jackfield.projects.models import ProjectNotFound
from jackfield.projects.repo import Projects
from jackfield.projects.settings import ProjectSettings
from jackfield.runtime import Hub
from jackfield.ui.assets import IMAGE_POLICY
from jackfield.ui.rendering import hub_of

_IMAGES: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"}
)
_MOST_BYTES: Final = 256 * 1024
_SECONDS: Final = 10
_REDIRECTS: Final = 3
_KEPT_SECONDS: Final = 3600
_FAILURE_KEPT_SECONDS: Final = 60
_MOST_LOGOS: Final = 200
_DARK: Final = "dark-"
_HEX: Final = 7


@dataclass(frozen=True, slots=True)
class _Logo:
    content: bytes
    media_type: str
    good_until: float


class Logos:
    """Logos as they were fetched, for a while."""

    def __init__(self) -> None:
        self._known: dict[str, _Logo] = {}

    async def get(self, hub: Hub, url: str) -> _Logo:
        now = time.monotonic()
        known = self._known.get(url)
        if known is not None and now < known.good_until:
            return known
        if len(self._known) >= _MOST_LOGOS:
            self._known.clear()
        fetched = self._known[url] = await _fetch(hub, url, now)
        return fetched


async def find_settings(hub: Hub, project_id: str) -> tuple[ProjectId, ProjectSettings] | None:
    """Return the settings of a project that anybody may name."""
    try:
        known = ProjectId.parse(project_id)
        async with hub.db.read(known) as tx:
            return known, await Projects(tx).settings()
    except (InvalidId, ProjectNotFound):
        return None


async def logo(request: Request) -> Response:
    hub, logos = hub_of(request), request.app.state.logos
    known = await find_settings(hub, request.path_params["project_id"])
    if known is None or known[1].logo_url is None:
        raise HTTPException(404)
    found: _Logo = await logos.get(hub, known[1].logo_url)
    if not found.content:
        return Response(status_code=404, headers={"cache-control": "no-store"})
    return Response(
        found.content,
        headers={
            "cache-control": f"public, max-age={_KEPT_SECONDS}",
            "content-security-policy": IMAGE_POLICY,
            "x-content-type-options": "nosniff",
        },
        media_type=found.media_type,
    )


async def theme(request: Request) -> Response:
    known = await find_settings(hub_of(request), request.path_params["project_id"])
    if known is None:
        raise HTTPException(404)
    return Response(
        theme_css(known[1].colors),
        headers={
            "cache-control": f"public, max-age={_KEPT_SECONDS}",
            "x-content-type-options": "nosniff",
        },
        media_type="text/css",
    )


def theme_css(colors: Mapping[str, str]) -> str:
    """Return the style sheet of a project's colors; `dark-…` ones are for dark pages."""
    light = {name: color for name, color in colors.items() if not name.startswith(_DARK)}
    dark = {
        name.removeprefix(_DARK): color for name, color in colors.items() if name.startswith(_DARK)
    }
    # Colors chosen for light pages would be unreadable on dark ones: those keep ours, or theirs.
    by_day, by_night = f"{{{_declared(light)}}}", f"{{{_declared(dark)}}}"
    return (
        f"@media (prefers-color-scheme:light){{:root:not([data-theme=dark]){by_day}}}"
        f":root[data-theme=light]{by_day}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){by_night}}}"
        f":root[data-theme=dark]{by_night}"
    )


def _declared(colors: Mapping[str, str]) -> str:
    inked = dict(colors)
    if "accent" in colors and "accent-ink" not in colors and (ink := _ink_on(colors["accent"])):
        inked["accent-ink"] = ink
    return "".join(f"--hub-{name}:{color};" for name, color in inked.items())


def _ink_on(color: str) -> str | None:
    """Return black or white, whichever is easier to read on a color; only known for `#rrggbb`."""
    if len(color) != _HEX or not color.startswith("#"):
        return None
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB


async def _fetch(hub: Hub, url: str, now: float) -> _Logo:
    nothing = _Logo(b"", "", now + _FAILURE_KEPT_SECONDS)
    try:
        answer = await hub.egress.fetch(
            OutboundRequest("GET", url, seconds=_SECONDS, max_bytes=_MOST_BYTES, follow=_REDIRECTS)
        )
    except HubError:
        return nothing
    media_type = next(iter(_types(answer.headers)), "")
    if answer.status != 200 or media_type not in _IMAGES:  # noqa: PLR2004
        return nothing
    return _Logo(answer.body, media_type, now + _KEPT_SECONDS)


def _types(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if name.lower() == "content-type":
            yield value.partition(";")[0].strip().lower()
