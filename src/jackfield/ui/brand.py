"""A project's logo and colors, served by the hub: its pages load nothing from third parties."""

import hashlib
from dataclasses import dataclass

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
from jackfield.ui.brand_colors import theme_css
from jackfield.ui.logos import KEPT_SECONDS, Logo
from jackfield.ui.rendering import hub_of, plain_name


@dataclass(frozen=True, slots=True)
class Brand:
    """A project's brand. `logo` and `theme` are paths of this hub; pages load nothing from elsewhere."""

    name: str | None
    logo: str | None
    theme: str | None
    is_white_label: bool


def brand_of(project_id: ProjectId, settings: ProjectSettings) -> Brand:
    # Of the sheet, not of the colors: what is made of them may change with the hub.
    looks = encode([settings.logo_url, theme_css(settings.colors)])
    version = hashlib.sha256(looks).hexdigest()[:12]
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
