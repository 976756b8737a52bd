"""A project's logo and colors, served by the hub: its pages load nothing from third parties."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jackfield.kit.ids import InvalidId, ProjectId
from jackfield.kit.json import encode
from jackfield.projects.models import ProjectNotFound
from jackfield.projects.repo import Projects
from jackfield.projects.settings import ProjectSettings
from jackfield.runtime import Hub
from jackfield.ui.assets import IMAGE_POLICY
from jackfield.ui.logos import KEPT_SECONDS, Logo
from jackfield.ui.rendering import hub_of, plain_name

_DARK: Final = "dark-"
_HEX: Final = 7


@dataclass(frozen=True, slots=True)
class Brand:
    """A project's brand. `logo` and `theme` are paths of this hub; pages load nothing from elsewhere."""

    name: str | None
    logo: str | None
    theme: str | None
    is_white_label: bool


def brand_of(project_id: ProjectId, settings: ProjectSettings) -> Brand:
    version = hashlib.sha256(encode([settings.logo_url, settings.colors])).hexdigest()[:12]
    place = f"/embedded/brand/{project_id}"
    return Brand(
        name=plain_name(settings.display_name or "") or None,
        logo=f"{place}/logo?v={version}" if settings.logo_url else None,
        theme=f"{place}/theme.css?v={version}" if settings.colors else None,
        is_white_label=settings.white_label,
    )


async def find_settings(hub: Hub, project_id: str) -> tuple[ProjectId, ProjectSettings] | None:
    """
    Return the id and settings of a project; this needs no permission. `None` if it is no id.

    A project that does not exist looks like one without a brand.
    """
    try:
        parsed = ProjectId.parse(project_id)
    except InvalidId:
        return None
    try:
        async with hub.db.read(parsed) as tx:
            return parsed, await Projects(tx).settings()
    except ProjectNotFound:
        return parsed, ProjectSettings(name="")


async def logo(request: Request) -> Response:
    hub, logos = hub_of(request), request.app.state.logos
    project = await find_settings(hub, request.path_params["project_id"])
    if project is None or project[1].logo_url is None:
        raise HTTPException(404)
    image: Logo = await logos.get(hub, project[1].logo_url)
    if not image.content:
        return Response(status_code=404, headers={"cache-control": "no-store"})
    return Response(
        image.content,
        headers={
            "cache-control": f"public, max-age={KEPT_SECONDS}",
            "content-security-policy": IMAGE_POLICY,
            "x-content-type-options": "nosniff",
        },
        media_type=image.media_type,
    )


async def theme(request: Request) -> Response:
    project = await find_settings(hub_of(request), request.path_params["project_id"])
    if project is None:
        raise HTTPException(404)
    return Response(
        theme_css(project[1].colors),
        headers={
            "cache-control": f"public, max-age={KEPT_SECONDS}",
            "x-content-type-options": "nosniff",
        },
        media_type="text/css",
    )


def theme_css(colors: Mapping[str, str]) -> str:
    """Return the style sheet of a project's colors; those named `dark-…` are for dark mode."""
    light = {name: color for name, color in colors.items() if not name.startswith(_DARK)}
    dark = {
        name.removeprefix(_DARK): color for name, color in colors.items() if name.startswith(_DARK)
    }
    # Colors for light pages would be unreadable in dark mode, which has its own or the defaults.
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
    """Return black or white, whichever has more contrast with a color of the form `#rrggbb`."""
    if len(color) != _HEX or not color.startswith("#"):
        return None
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
