"""`/actions/search` and `/actions/build`: search for actions by intent."""

import re
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from jackfield.connectors.catalog import ConnectorNotFound
from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.projects.models import Scope
from jackfield.search import service as search
from jackfield.search.service import LONGEST_QUERY, Found, Search

api = Routes(api_key, tag="search")

# Every project of an installation has the same catalog.
_EVERYWHERE: Final = "global"
_USUAL: Final = 100
_EVERY: Final = 100_000
_VERSION: Final = re.compile(r"\d+(?:\.\d+)+")


class SearchIn(Struct, frozen=True):
    query: Annotated[str, Meta(min_length=1, max_length=LONGEST_QUERY, description="What to do.")]
    connector: Annotated[
        str | None, Meta(description="A connector's key, or the part before its first `_`.")
    ] = None
    top_k: Annotated[int, Meta(ge=1, le=1000)] | None = None
    min_similarity: Annotated[float, Meta(ge=0, le=1)] | None = None
    project_id: str | None = None


class FoundOut(Struct, frozen=True):
    """One action, with the field names of each generation of clients."""

    id: str
    action_name: str
    connector_key: str
    label: str
    description: str
    project_id: str
    similarity_score: float


class SearchOut(Struct, frozen=True):
    query: str
    total_count: int
    project_filter: str
    results: tuple[FoundOut, ...]
    connector_filter: str | UnsetType = UNSET


class BuildIn(Struct, frozen=True):
    connector_key: str | None = None
    force_refresh: bool = False


class BuildOut(Struct, frozen=True):
    status: str
    actions_indexed: int
    message: str
    connector_filter: str | UnsetType = UNSET


@api.add("POST", "/actions/search", scope=Scope.CONNECTORS_READ, narrowed=True)
async def search_actions(ctx: ApiContext, body: SearchIn) -> SearchOut:
    """Find actions by what they do, in plain words; typos and synonyms are understood."""
    key, most = ctx.caller.narrowing, body.top_k or _USUAL
    request = Search(
        body.query,
        connector=body.connector or None,
        # Of the first ones a narrowed key may have none.
        most=most if key is None else _EVERY,
        min_similarity=0.4 if body.min_similarity is None else body.min_similarity,
    )
    found = await search.search(ctx.hub, request)
    if key is not None:
        found = [each for each in found if each.action.id in key.actions_of(each.connector)][:most]
    return SearchOut(
        query=body.query,
        total_count=len(found),
        project_filter=_EVERYWHERE,
        results=tuple(map(_found, found)),
        connector_filter=body.connector or UNSET,
    )


@api.add("POST", "/actions/build", scope=Scope.CONNECTORS_READ, raises=(ConnectorNotFound,))
async def build_index(ctx: ApiContext, body: BuildIn) -> BuildOut:
    """Return the number of indexed actions; the index updates itself when connectors change."""
    index = await search.prepare(ctx.hub.catalog)
    if body.connector_key is None:
        return BuildOut("success", len(index), "The index is up to date.")
    connector = ctx.hub.catalog.get(body.connector_key)
    listed = sum(not action.is_internal for action in connector.actions)
    return BuildOut("success", listed, "The index is up to date.", connector.key)


def _found(found: Found) -> FoundOut:
    key = found.connector.key
    return FoundOut(
        id=_long_id(found),
        action_name=found.action.id,
        connector_key=key,
        label=found.action.label,
        description=found.action.description,
        project_id=_EVERYWHERE,
        similarity_score=found.similarity,
    )


def _long_id(found: Found) -> str:
    """Return the longer id that published clients parse, unless the key has a `_`."""
    connector, action = found.connector, found.action
    if not (connector.key.isalnum() and _VERSION.fullmatch(connector.version)):
        return action.id
    return f"{connector.key}_{connector.version}_{action.id}_{_EVERYWHERE}"
