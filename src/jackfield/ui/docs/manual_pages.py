"""`/docs/{page}`: the manual, as HTML and as Markdown."""

import asyncio
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from jackfield.ui import assets
from jackfield.ui.docs.addresses import Addresses, Served
from jackfield.ui.docs.frame import DocsFrame, NavLink, frame_of
from jackfield.ui.docs.manual import ManualPage, links, manual, relinked
from jackfield.ui.docs.manual_html import Heading, Rendered, render
from jackfield.ui.rendering import base_path, hub_of, page

VARY: Final = "accept, accept-encoding, accept-language"
_IMAGES: Final = (".png", ".svg")
# All of them, and some for a hub of another test.
_MOST_KEPT: Final = 256
_rendered = lru_cache(_MOST_KEPT)(render)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualView:
    template: ClassVar[str] = "docs/manual.html"

    frame: DocsFrame
    title: str
    section: str
    body: Markup
    headings: tuple[Heading, ...]
    markdown_url: str
    before: NavLink | None
    after: NavLink | None


async def manual_page(request: Request) -> Response:
    """Show a page of the manual; as Markdown for `.md` or if only that is accepted."""
    name: str = request.path_params["path"]
    found = manual().find(name.removesuffix(".md"))
    if found is None:
        raise HTTPException(404)
    hub = hub_of(request)
    if name.endswith(".md") or wants_markdown(request):
        return markdown_response(markdown(found, Served(hub.public_url)))
    addresses = Served(base_path(hub))
    rendered = await asyncio.to_thread(_rendered, manual(), found, addresses)
    response = page(request, view(found, rendered, frame_of(request, found.path)))
    response.headers["vary"] = VARY
    return response


def view(found: ManualPage, rendered: Rendered, frame: DocsFrame) -> ManualView:
    """Return what the template of a page is given."""
    before, after = manual().beside(found)
    return ManualView(
        frame=frame,
        title=found.title,
        section=found.section,
        body=rendered.html,
        headings=tuple(each for each in rendered.headings if each.level == 2),  # noqa: PLR2004 - `<h2>`
        markdown_url=frame.addresses.markdown(found.path),
        before=_link(before, frame.addresses),
        after=_link(after, frame.addresses),
    )


def markdown(found: ManualPage, addresses: Addresses) -> str:
    """Return a page as Markdown, with links to the Markdown of the other pages."""
    new: dict[str, str] = {}
    for link in links(found.text):
        target = found.target(link)
        if target is None:
            continue
        if target.page is not None:
            anchor = f"#{target.anchor}" if target.anchor else ""
            is_made = not target.page
            url = addresses.page("") if is_made else addresses.markdown(target.page)
            new[link] = f"{url}{anchor}"
        elif target.file in manual().files:
            new[link] = addresses.file(target.file or "")
    return relinked(found, new)


async def manual_file(request: Request) -> Response:
    """Return an image of a page, or a file that a page leads to."""
    name: str = request.path_params["name"]
    content = manual().file(name)
    if content is None:
        raise HTTPException(404)
    kind = mimetypes.guess_type(name)[0] if name.endswith(_IMAGES) else None
    return Response(
        content,
        media_type=kind or "text/plain; charset=utf-8",
        headers={
            "cache-control": assets.AN_HOUR,
            "content-security-policy": assets.IMAGE_POLICY,
            "x-content-type-options": "nosniff",
        },
    )


def markdown_response(text: str) -> Response:
    return PlainTextResponse(
        text,
        media_type="text/markdown",
        headers={"vary": "accept", "x-content-type-options": "nosniff"},
    )


def wants_markdown(request: Request) -> bool:
    accepted = request.headers.get("accept", "").lower()
    return "text/markdown" in accepted and "text/html" not in accepted


def _link(found: ManualPage | None, addresses: Addresses) -> NavLink | None:
    return found and NavLink(found.title, addresses.page(found.path))
