"""Icons of connectors, served by the hub; a connector without one gets its first letter."""

import asyncio
from base64 import b64encode
from typing import Final

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import Response

from jackfield.connectors.connector import Connector, Icon
from jackfield.runtime import Hub
from jackfield.ui.assets import AN_HOUR, IMAGE_POLICY
from jackfield.ui.logos import Logos

_TYPES: Final = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
# White on this gray can be read, and the gray can be seen on light and on dark pages.
_DRAWING: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<rect width="40" height="40" rx="8" fill="#6b7280"/>'
    '<text x="20" y="20" dy=".35em" text-anchor="middle" font-family="system-ui,sans-serif"'
    ' font-size="20" fill="#fff">{letter}</text></svg>'
)

_FRAMED: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<image width="40" height="40" href="{data}"/></svg>'
)


async def connector_icon(request: Request) -> Response:
    """Return an image for any key: accounts outlive the connectors they were linked with."""
    hub: Hub = request.app.state.hub
    key: str = request.path_params["key"]
    connector = hub.catalog.find(key)
    found = await _find(hub, request.app.state.logos, connector.icon if connector else None)
    content, media_type = found or (_draw(connector.title if connector else key), _TYPES[".svg"])
    return Response(
        content,
        headers={
            "cache-control": AN_HOUR if found else "public, max-age=60",
            "content-security-policy": IMAGE_POLICY,
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        },
        media_type=media_type,
    )


def as_svg(connector: Connector) -> bytes:
    """Return the icon of a connector as one kind of file, also where it is of another."""
    icon = connector.icon
    if not isinstance(icon, Icon) or icon.file.suffix.lower() not in _TYPES:
        return _draw(connector.title)
    content, media_type = icon.read(), _TYPES[icon.file.suffix.lower()]
    if media_type == _TYPES[".svg"]:
        return content
    data = f"data:{media_type};base64,{b64encode(content).decode()}"
    return _FRAMED.format(data=data).encode()


async def _find(hub: Hub, logos: Logos, icon: Icon | str | None) -> tuple[bytes, str] | None:
    if isinstance(icon, str):
        # Fetched by the hub: its pages load nothing from elsewhere.
        image = await logos.get(hub, icon)
        return (image.content, image.media_type) if image.content else None
    if icon is None or icon.file.suffix.lower() not in _TYPES:
        return None
    try:
        return await asyncio.to_thread(icon.read), _TYPES[icon.file.suffix.lower()]
    except OSError:
        return None


def _draw(name: str) -> bytes:
    letter = next((each for each in name if each.isalnum()), "?")
    return _DRAWING.format(letter=escape(letter.upper()[:1])).encode()
