"""Search for actions by intent."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.connector import Connector
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.search.index import Entry, Index


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: `connector` by key, or by the first part of one."""

    query: str
    connector: str | None = None
    most: int = 10
    min_similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    action: ActionInfo
    connector: Connector
    similarity: float


async def search(hub: Hub, wanted: Search) -> list[Found]:
    """Return the actions nearest to what is wanted, best first."""
    index = await prepare(hub.catalog)
    keys = None if wanted.connector is None else matching(hub.catalog, wanted.connector)
    hits = index.search(wanted.query, connectors=keys, most=wanted.most)
    found: list[Found] = []
    for hit in hits:
        connector = hub.catalog.owner(hit.id)
        action = connector.find_action(hit.id) if connector else None
        if connector and action and hit.similarity >= wanted.min_similarity:
            found.append(Found(action, connector, hit.similarity))
    return found


async def prepare(catalog: Catalog) -> Index:
    """Return the index of a catalog as it is now; made aside, so that nobody else waits for it."""
    if catalog.has_derived(build):
        return catalog.derived(build)
    return await asyncio.to_thread(catalog.derived, build)


def matching(catalog: Catalog, connector: str) -> Sequence[str]:
    """Return the keys meant by `connector`: itself, or those whose first part it is.

    Published clients take the text before an id's first `_` for the connector's key.
    """
    wanted = connector.lower()
    if catalog.find(wanted):
        return [wanted]
    return [each.key for each in catalog.connectors() if each.key.partition("_")[0] == wanted]


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
        # An action that cannot be compiled is in the catalog's findings, and can still be found.
        return ()
