"""`/docs`: linking guides of each connector, as HTML and as Markdown."""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.ui.brand import find_settings
from jackfield.ui.guide import guide_page, guide_text
from jackfield.ui.page_theme import PageTheme, guest_theme, theme_of
from jackfield.ui.rendering import hub_of, page


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidePage:
    template: ClassVar[str] = "docs/guide.html"

    look: PageTheme
    title: str
    connector: Connector
    method: AuthMethod
    guide: Markup
    query: str


async def link_account(request: Request) -> Response:
    """Show how to link an account of a connector by one of its auth methods."""
    connector = hub_of(request).catalog.find(request.path_params["key"])
    name = request.path_params["page"]
    as_text = name.endswith(".md")
    method = connector and connector.find_auth_method(name.removesuffix(".md"))
    if connector is None or not connector.is_offered or method is None:
        raise HTTPException(404)
    look = await project_theme(request)
    is_white_label = look.brand is not None and look.brand.is_white_label
    title = look.words("guide.heading", provider=connector.title, method=method.label)
    if as_text:
        text = guide_text(method, is_white_label=is_white_label)
        return PlainTextResponse(f"# {title}\n\n{text}", media_type="text/markdown")
    return page(
        request,
        GuidePage(
            look=look,
            title=title,
            connector=connector,
            method=method,
            guide=guide_page(connector, method, is_white_label=is_white_label),
            query=request.url.query,
        ),
    )


async def project_theme(request: Request) -> PageTheme:
    """Return the theme of the project in the query, which needs no permission."""
    project = await find_settings(hub_of(request), request.query_params.get("project", ""))
    return guest_theme(request) if project is None else theme_of(request, *project)
