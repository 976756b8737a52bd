"""The ASGI application of a hub: the API, the protocols for agents, the Hub, pages and docs."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from jackfield.agents.a2a import app as a2a
from jackfield.agents.a2a import openapi as a2a_openapi
from jackfield.agents.mcp import app as mcp
from jackfield.agents.mcp import openapi as mcp_openapi
from jackfield.http.api import Api
from jackfield.http.client_address import address_of
from jackfield.http.mount import Mount
from jackfield.http.openapi import Description
from jackfield.http.routes import ROUTES
from jackfield.kit import source_address
from jackfield.runtime import Hub
from jackfield.ui.pages import Pages

_READS: Final = frozenset({"GET", "HEAD"})


def build_app(hub: Hub) -> ASGIApp:
    """Return the application of a hub."""
    tools, agent = mcp.Mcp(hub), a2a.A2a(hub)
    # MCP and A2A calls are not logged as API requests: their runs are logged.
    protocols = (
        Mount(
            mcp.PATH, tools.serve, openapi=mcp_openapi.OPERATIONS, is_logged=False, narrowed=True
        ),
        # Clients are configured with either spelling.
        Mount(f"{mcp.PATH}/", tools.serve, is_logged=False, narrowed=True),
        # The root is also a page: the dashboard.
        Mount(
            a2a.PATH,
            agent.serve,
            frozenset({"POST"}),
            openapi=a2a_openapi.AGENT,
            is_logged=False,
            narrowed=True,
        ),
        Mount(a2a.CARD, agent.card, _READS, openapi=a2a_openapi.CARD),
        Mount(
            a2a.EXTENDED_CARD,
            agent.extended_card,
            _READS,
            openapi=a2a_openapi.EXTENDED_CARD,
            narrowed=True,
        ),
    )
    description = Description(ROUTES, protocols, url=hub.public_url)
    described = (Mount("/openapi.json", description.serve, _READS),) if hub.public_docs else ()
    api = Api(hub, ROUTES, mounts=(*protocols, *described))
    pages = Pages(hub, api_description=lambda: description.document)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        source_address.bind(address_of(scope, hub.trusted_proxies))
        match = api.match(scope["path"])
        if match.claims(scope["method"]) or not pages.serves(scope):
            await api.serve(match, scope, receive, send)
        else:
            await pages(scope, receive, send)

    return serve
