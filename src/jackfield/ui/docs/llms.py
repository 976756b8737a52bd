"""`/llms.txt` and `/llms-full.txt`: the documentation for models."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from jackfield.connectors.catalog import Catalog
from jackfield.connectors.connector import Connector
from jackfield.connectors.docs.reference import describe
from jackfield.connectors.docs.reference_markdown import render_reference
from jackfield.ui.docs.addresses import Addresses, Served
from jackfield.ui.docs.manual import manual
from jackfield.ui.docs.manual_pages import markdown
from jackfield.ui.rendering import hub_of

# All of the manual, and some connectors: more than most models can read at once.
MOST_CHARACTERS: Final = 2_000_000


class FullText:
    """The whole documentation, made at the first request for it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog: Final = catalog
        self._texts: dict[Addresses, str] = {}

    def text(self, addresses: Addresses) -> str:
        if addresses not in self._texts:
            offered = (each for each in self._catalog.connectors() if each.is_offered)
            self._texts[addresses] = full_text(addresses, offered)
        return self._texts[addresses]


async def llms_text(request: Request) -> Response:
    """List the documents of this hub that are useful to a model."""
    hub = hub_of(request)
    offered = tuple(each for each in hub.catalog.connectors() if each.is_offered)
    return PlainTextResponse(listing(Served(hub.public_url), offered, public_url=hub.public_url))


async def llms_full_text(request: Request) -> Response:
    """Return all pages in one text."""
    hub = hub_of(request)
    full = hub.catalog.derived(FullText)
    return PlainTextResponse(await asyncio.to_thread(full.text, Served(hub.public_url)))


def listing(addresses: Addresses, connectors: Iterable[Connector], *, public_url: str = "") -> str:
    """Return the list of documents; without a hub, its endpoints are left out."""
    connectors = tuple(connectors)
    lines = [
        "# Jackfield",
        "",
        "> An integration hub: linked accounts, and their providers' actions, by API, MCP and A2A.",
        "",
        f"Everything below in one text: {addresses.at_root('llms-full.txt')}",
        "",
        "## API",
        "",
        f"- [API reference]({addresses.page('api')}): every operation, object and error",
        f"- [OpenAPI document]({addresses.at_root('openapi.json')}): the same for programs",
    ]
    if public_url:
        card = f"{public_url}/.well-known/agent-card.json"
        lines += [
            f"- [MCP endpoint]({public_url}/mcp): linked accounts' actions as tools",
            f"- [Agent card]({card}): the same for A2A clients",
        ]
    for name, pages in groupby(manual().pages, lambda page: page.section):
        lines += ["", f"## {name}", ""]
        for page in pages:
            about = f": {page.summary}" if page.summary else ""
            lines.append(f"- [{page.title}]({addresses.markdown(page.path)}){about}")
    lines += ["", "## Guides to linking accounts", ""]
    lines += [
        f"- [{connector.title} by {method.label}]"
        f"({addresses.markdown(f'connectors/{connector.key}/guides/link-account/{method.key}')}): "
        "where to find each credential"
        for connector in connectors
        for method in connector.auth_methods
    ]
    lines += ["", "## Connectors", ""]
    lines += [
        f"- [{connector.title}]({addresses.markdown(f'connectors/{connector.key}')}) "
        f"(`{connector.key}`), {len(connector.actions)} actions: {connector.description}"
        for connector in connectors
    ]
    return "\n".join(lines) + "\n"


def full_text(addresses: Addresses, connectors: Iterable[Connector]) -> str:
    """Return all pages, and the connectors' references as far as there is room."""
    parts: list[str] = []
    left_out: list[str] = []
    room = MOST_CHARACTERS
    for url, text in _documents(addresses, connectors):
        part = f"<!-- {url} -->\n\n{text.strip()}\n"
        if len(part) > room:
            left_out.append(url)
            continue
        room -= len(part)
        parts.append(part)
    if left_out:
        parts.append("Left out, since they are too long:\n\n" + "\n".join(left_out) + "\n")
    return "\n".join(parts)


def _documents(addresses: Addresses, connectors: Iterable[Connector]) -> Iterator[tuple[str, str]]:
    for page in manual().pages:
        yield addresses.markdown(page.path), markdown(page, addresses)
    for connector in connectors:
        path = f"connectors/{connector.key}"
        yield addresses.markdown(path), render_reference(describe(connector))
