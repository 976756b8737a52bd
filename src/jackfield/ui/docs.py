"""`/docs`: how to link each connector's accounts, as pages and as Markdown."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from jackfield.ui.guides import guide_page, guide_text
from jackfield.ui.rendering import hub_of, page


async def link_account(request: Request) -> Response:
    """Show how an account of a connector is linked by one of its auth methods."""
    connector = hub_of(request).catalog.find(request.path_params["key"])
    name = request.path_params["page"]
    as_text = name.endswith(".md")
    method = connector and connector.find_auth_method(name.removesuffix(".md"))
    if connector is None or method is None:
        raise HTTPException(404)
    title = f"Connect {connector.title} with {method.label}"
    if as_text:
        return PlainTextResponse(f"# {title}\n\n{guide_text(method)}", media_type="text/markdown")
    return page(
        request,
        "docs/guide.html",
        title=title,
        connector=connector,
        method=method,
        guide=guide_page(connector, method),
    )
