"""`/docs` and `/llms.txt`: start of the documentation, for people and for models."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from jackfield.connectors.connector import Connector
from jackfield.ui.rendering import hub_of, page


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPage:
    template: ClassVar[str] = "docs/start.html"

    public_url: str
    connectors: tuple[Connector, ...]


async def start_page(request: Request) -> Response:
    """Show what this hub has to read, and where its clients find it."""
    return page(
        request, StartPage(public_url=hub_of(request).public_url, connectors=_offered(request))
    )


async def llms_text(request: Request) -> Response:
    """List the documents of this hub that are useful to a model."""
    hub = hub_of(request)
    lines = [
        "# Jackfield",
        "",
        "> An integration hub: linked accounts, and their providers' actions, by API, MCP and A2A.",
        "",
        "## API",
        "",
        f"- [API reference]({hub.public_url}/docs/api): every operation, object and error",
        f"- [OpenAPI document]({hub.public_url}/openapi.json): the same for programs",
        f"- [MCP endpoint]({hub.public_url}/mcp): linked accounts' actions as tools",
        f"- [Agent card]({hub.public_url}/.well-known/agent-card.json): the same for A2A clients",
        "",
        "## Guides to linking accounts",
        "",
    ]
    for connector in _offered(request):
        for method in connector.auth_methods:
            address = f"{hub.public_url}/docs/connectors/{connector.key}/guides/link-account"
            lines.append(
                f"- [{connector.title} by {method.label}]({address}/{method.key}.md): where to "
                "find each credential"
            )
    lines += ["", "## Connectors", ""]
    lines += [
        f"- [{connector.title}]({hub.public_url}/docs/connectors/{connector.key}.md) "
        f"(`{connector.key}`), {len(connector.actions)} actions: "
        f"{connector.description}"
        for connector in _offered(request)
    ]
    return PlainTextResponse("\n".join(lines) + "\n")


def _offered(request: Request) -> tuple[Connector, ...]:
    return tuple(each for each in hub_of(request).catalog.connectors() if each.is_offered)
