"""`/docs/connectors/{key}`: a connector's reference, as HTML and as Markdown."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jackfield.connect.sign_in.exchange import redirect_uri
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.connector import Connector
from jackfield.connectors.docs.reference import ConnectorReference, describe
from jackfield.connectors.docs.reference_markdown import render_reference
from jackfield.ui.docs.addresses import Addresses, Served
from jackfield.ui.docs.frame import DocsFrame, frame_of
from jackfield.ui.docs.guide_pages import project_theme
from jackfield.ui.docs.manual_pages import VARY, markdown_response, wants_markdown
from jackfield.ui.guide import setup_guide
from jackfield.ui.page_theme import PageTheme
from jackfield.ui.rendering import base_path, hub_of, page


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorPage:
    template: ClassVar[str] = "docs/connector.html"

    look: PageTheme
    # A page for a project's customers has what the project shows alone.
    frame: DocsFrame | None
    addresses: Addresses
    title: str
    connector: Connector
    described: ConnectorReference
    place: str
    query: str
    # What the hub's operator registers with the provider, and how, by auth method.
    redirect_uri: str
    setup_guides: Mapping[str, Markup]


class References:
    """The references of connectors, each made at the first request for it."""

    def __init__(self, _catalog: Catalog) -> None:
        self._references: dict[str, ConnectorReference] = {}

    async def of(self, connector: Connector) -> ConnectorReference:
        if connector.key not in self._references:
            # This compiles every action.
            self._references[connector.key] = await asyncio.to_thread(describe, connector)
        return self._references[connector.key]


async def reference(request: Request) -> Response:
    """Show the reference of a connector; as Markdown for `.md` or if only that is accepted."""
    hub = hub_of(request)
    name: str = request.path_params["page"]
    connector = hub.catalog.find(name.removesuffix(".md"))
    if connector is None or not connector.is_offered:
        raise HTTPException(404)
    described = await hub.catalog.derived(References).of(connector)
    # Links on the page keep the project's colors and the language.
    chosen = {
        each: request.query_params[each]
        for each in ("project", "lang")
        if each in request.query_params
    }
    query = f"?{urlencode(chosen)}" if chosen else ""
    place = f"connectors/{connector.key}"
    addresses = Served(base_path(hub))
    if name.endswith(".md") or wants_markdown(request):
        text = render_reference(
            described,
            guide_link=lambda key: (
                f"{addresses.markdown(f'{place}/guides/link-account/{key}')}{query}"
            ),
            redirect_uri=redirect_uri(hub, connector),
        )
        return markdown_response(text)
    look = await project_theme(request)
    response = page(
        request,
        ConnectorPage(
            look=look,
            frame=None if look.brand else frame_of(request, place),
            addresses=addresses,
            title=connector.title,
            connector=connector,
            described=described,
            place=place,
            query=query,
            redirect_uri=redirect_uri(hub, connector),
            setup_guides={each.key: setup_guide(each) for each in connector.auth_methods},
        ),
    )
    response.headers["vary"] = VARY
    return response
