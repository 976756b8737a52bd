"""The index of the documentation's search, which a browser loads and looks through by itself."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.connectors.catalog import Catalog
from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, encode
from jackfield.ui import assets
from jackfield.ui.docs.api_reference import ApiDescription
from jackfield.ui.docs.manual import manual, plain
from jackfield.ui.docs.manual_html import sections
from jackfield.ui.rendering import hub_of

_WORD: Final = re.compile(r"\w{2,}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be found: a heading of a page, with the words below it."""

    anchor: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class IndexedPage:
    path: str
    title: str
    section: str
    entries: tuple[Entry, ...] = field(repr=False)


class SearchIndex:
    """The index of a hub, made at the first request for it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog: Final = catalog
        self._script: bytes | None = None

    def script(self, description: ApiDescription) -> bytes:
        if self._script is None:
            offered = (each for each in self._catalog.connectors() if each.is_offered)
            self._script = index_script(description(), offered)
        return self._script


async def search_index(request: Request) -> Response:
    """Return the index as a script, since a page of a file system can load nothing else."""
    index = hub_of(request).catalog.derived(SearchIndex)
    content = await asyncio.to_thread(index.script, request.app.state.api_description)
    return assets.compressed(
        request,
        content,
        media_type="text/javascript; charset=utf-8",
        headers={"cache-control": assets.AN_HOUR, "x-content-type-options": "nosniff"},
    )


def index_script(document: Mapping[str, Json], connectors: Iterable[Connector]) -> bytes:
    """Return the index of the manual, an API and connectors."""
    pages = [*_manual_pages(), _api_page(document), *map(_connector_page, connectors)]
    content = {
        "pages": [[page.path, page.title, page.section] for page in pages],
        "entries": [
            [number, entry.anchor, entry.title, entry.words]
            for number, page in enumerate(pages)
            for entry in page.entries
        ],
    }
    return b"globalThis.jackfieldSearchIndex = " + encode(content) + b";\n"


@cache
def _manual_pages() -> tuple[IndexedPage, ...]:
    return tuple(
        IndexedPage(
            page.path,
            page.title,
            page.section,
            tuple(
                Entry("" if heading.level == 1 else heading.id, heading.title, _words(text))
                for heading, text in sections(page)
                if heading.id
            ),
        )
        for page in manual().pages
    )


def _api_page(document: Mapping[str, Json]) -> IndexedPage:
    operations = (
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    return IndexedPage(
        "api",
        "API reference",
        "Look up",
        tuple(
            Entry(
                operation["operationId"],
                plain(operation["summary"]),
                _words(f"{address} {operation.get('description', '')}"),
            )
            for address, operation in operations
        ),
    )


def _connector_page(connector: Connector) -> IndexedPage:
    about = Entry("", connector.title, _words(f"{connector.key} {connector.description}"))
    actions = (
        Entry(action.id, action.label, _words(f"{action.id} {action.description}"))
        for action in connector.actions
        if not action.is_internal
    )
    return IndexedPage(
        f"connectors/{connector.key}", connector.title, "Connectors", (about, *actions)
    )


def _words(text: str) -> str:
    """Return each word of a text once, and the parts of names such as `JACKFIELD_DATA_DIR`."""
    return " ".join(dict.fromkeys(_parts(text.lower())))


def _parts(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        yield word
        if "_" in word:
            yield from _WORD.findall(word.replace("_", " "))
