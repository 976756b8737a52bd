"""Search for actions by intent."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.connector import Connector
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.search.index import Entry, Index

_building: Final = threading.Lock()

# A question is read on the event loop, and the time that takes grows with it.
LONGEST_QUERY: Final = 2000


@dataclass(frozen=True, slots=True)
class Search:
    """A query of at most `LONGEST_QUERY` characters; `connector` is a key, or the first part of one."""

    query: str
    connector: str | None = None
    most: int = 10
    min_similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    action: ActionInfo
    connector: Connector
    similarity: float


async def search(hub: Hub, request: Search) -> list[Found]:
    """Return the actions that best match the query."""
    index = await prepare(hub.catalog)
    keys = None if request.connector is None else matching(hub.catalog, request.connector)
    hits = index.search(request.query, connectors=keys, most=request.most)
    found: list[Found] = []
    for hit in hits:
        connector = hub.catalog.owner(hit.id)
        action = connector.find_action(hit.id) if connector else None
        if connector and action and hit.similarity >= request.min_similarity:
            found.append(Found(action, connector, hit.similarity))
    return found


async def unmatched(hub: Hub, query: str, *, connectors: Sequence[str]) -> list[str]:
    """Return the words of a query that no action of these connectors has as they are written."""
    index = await prepare(hub.catalog)
    return index.unmatched(query, connectors=connectors)


async def prepare(catalog: Catalog) -> Index:
    """Return the index of a catalog; it is built in a thread, because that takes long."""
    if catalog.has_derived(build):
        return catalog.derived(build)
    return await asyncio.to_thread(_build_once, catalog)


def matching(catalog: Catalog, connector: str) -> Sequence[str]:
    """Return the key `connector`, or the keys whose first part it is.

    Published clients use the text before the first `_` of an action id as the connector's key.
    """
    key = connector.lower()
    if catalog.find(key):
        return [key]
    return [each.key for each in catalog.connectors() if each.key.partition("_")[0] == key]


def _build_once(catalog: Catalog) -> Index:
    # In threads, which may wait for each other: the first searches come at once.
    with _building:
        return catalog.derived(build)


def build(catalog: Catalog) -> Index:
    return Index(
        entry_of(connector, action)
        for connector in catalog.connectors()
        for action in connector.actions
        if not action.is_internal
    )


def entry_of(connector: Connector, action: ActionInfo) -> Entry:
    return Entry(
        id=action.id,
        connector_key=connector.key,
        connector_title=connector.title,
        name=action.name,
        label=action.label,
        description=f"{action.description} {action.details}",
        inputs=_inputs(action),
        tags=(*action.tags, *action.categories),
    )


def _inputs(action: ActionInfo) -> tuple[str, ...]:
    try:
        return tuple(action.schema.get("properties", {}))
    except HubError:
        # The catalog's findings report the error; the action can still be found.
        return ()
