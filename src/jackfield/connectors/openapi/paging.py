"""Paging of an OpenAPI operation, where its parameters and its response say enough."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.outlines import json_content, members, success
from jackfield.connectors.openapi.schemas import merged
from jackfield.kit.json import Json, mapping, text

# Names without `_`, `-` and case.
_CURSORS: Final = frozenset(
    {"cursor", "nextcursor", "pagetoken", "nextpagetoken", "nexttoken", "continuationtoken",
     "startingafter", "after", "startcursor", "pagecursor", "offset"}
)  # fmt: skip
_NEXT: Final = frozenset(
    {"next", "nextcursor", "nextpagetoken", "nexttoken", "nextpage", "nextpagecursor", "nextoffset",
     "continuationtoken", "endcursor"}
)  # fmt: skip
# Members that are about the next page only where an outer one says so: `paging.next.after`.
_WITHIN_NEXT: Final = frozenset(
    {"after", "cursor", "token", "offset", "startingafter", "href", "uri"}
)
_ADDRESSES: Final = frozenset({"nexturl", "nextpageurl", "nextlink", "nexturi", "nextpageuri"})
_SIZES: Final = frozenset(
    {"limit", "pagesize", "perpage", "maxresults", "count", "maxitems", "size", "top", "maxpagesize"}
)  # fmt: skip
_OFFSETS: Final = frozenset({"offset", "skip", "startat", "startindex", "start"})
_NUMBERS: Final = frozenset({"page", "pagenumber"})
_WRAPPERS: Final = frozenset(
    {"paging", "pagination", "meta", "metadata", "pages", "links", "cursors", "next", "pageinfo",
     "responsemetadata", "nextpage"}
)  # fmt: skip
# A list beside the rows.
_NO_ROWS: Final = frozenset({"links", "errors", "warnings", "messages"})
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_SEPARATORS: Final = re.compile(r"[^a-z0-9]")
_DEEPEST: Final = 3


@dataclass(frozen=True, slots=True)
class Pages:
    """How the pages of an operation follow each other; `taken` are parameters that paging sends."""

    iterator: dict[str, Json]
    response: dict[str, Json]
    rows: Json
    taken: frozenset[str]
    size: str | None

    def outline_schema(self) -> Json:
        return {"type": "array", "items": self.rows}


def find_pages(
    api: OpenApi, operation: Mapping[str, Json], parameters: Mapping[str, Mapping[str, Json]]
) -> Pages | None:
    """Return the paging of an operation with these query parameters; `None` if nothing tells of it."""
    response = success(api, operation)
    schema = merged(api, json_content(api, response).get("schema"))
    found = _rows(api, schema)
    if found is None:
        return None
    data_key, rows = found
    key: dict[str, Json] = {"dataKey": data_key} if data_key else {}
    asked = _Asked(api, parameters)
    if "link" in map(_plain, mapping(response, "headers")):
        return Pages({"mode": "link"}, key, rows, asked.places, asked.size)
    following = list(_next_values(api, schema))
    for path, is_address in following:
        if is_address:
            after = {**key, "nextKey": path}
            return Pages({"mode": "url"}, after, rows, asked.places, asked.size)
    if following and asked.cursor is not None:
        after = {**key, "nextKey": following[0][0]}
        iterator: dict[str, Json] = {"key": asked.cursor, "in": "query"}
        return Pages(iterator, after, rows, frozenset({asked.cursor}), asked.size)
    counted = asked.counted()
    if counted is None:
        return None
    return Pages(counted, key, rows, frozenset({str(counted["key"])}), asked.size)


class _Asked:
    """What the query parameters of an operation say of its pages."""

    def __init__(self, api: OpenApi, parameters: Mapping[str, Mapping[str, Json]]) -> None:
        self._schemas = {name: merged(api, each.get("schema")) for name, each in parameters.items()}
        self._names = {_plain(name): name for name in parameters}
        self.cursor = self._find(_CURSORS)
        self.size = self._find_number(_SIZES)

    @property
    def places(self) -> frozenset[str]:
        """The parameters that say where to go on."""
        return frozenset(filter(None, (self.cursor, self._find(_NUMBERS))))

    def counted(self) -> dict[str, Json] | None:
        """Return the paging by a number of rows or of pages, which no response has to tell."""
        offset = self._find_number(_OFFSETS)
        if offset is not None and self.size is not None:
            return {"mode": "offset", "key": offset, "in": "query"}
        page = self._find_number(_NUMBERS)
        if page is None:
            return None
        schema = self._schemas[page]
        starts_at_zero = 0 in (schema.get("default"), schema.get("minimum"))
        start: dict[str, Json] = {"startPage": 0} if starts_at_zero else {}
        return {"mode": "page", "key": page, "in": "query", **start}

    def _find(self, wanted: frozenset[str]) -> str | None:
        return next((name for plain, name in self._names.items() if plain in wanted), None)

    def _find_number(self, wanted: frozenset[str]) -> str | None:
        name = self._find(wanted)
        kind = self._schemas[name].get("type") if name else None
        return name if kind in ("integer", "number") else None


def says_where(name: str) -> bool:
    """Tell whether a parameter of this name says where in a list to go on."""
    return _plain(name) in _CURSORS | _OFFSETS | _NUMBERS


def _rows(api: OpenApi, schema: Mapping[str, Json]) -> tuple[str, Json] | None:
    """Return where the rows are, and their schema: of an object, its only list."""
    if _is_list(schema):
        return "", schema.get("items", {})
    lists = [
        (name, each)
        for name, each in members(api, schema).items()
        if _is_list(each) and _plain(name) not in _NO_ROWS
    ]
    if len(lists) != 1:
        return None
    name, each = lists[0]
    return (name, each.get("items", {})) if _NAME.fullmatch(name) else None


def _next_values(
    api: OpenApi, schema: Mapping[str, Json], path: str = "", depth: int = 0
) -> Iterator[tuple[str, bool]]:
    """Yield the paths of what may lead to the next page, and whether each is its address."""
    for name, each in members(api, schema).items():
        plain = _plain(name)
        if not _NAME.fullmatch(name):
            continue
        whole = f"{path}.{name}" if path else name
        if _is_text(each):
            leads_on = plain in _NEXT or (depth and plain in _WITHIN_NEXT and "next" in path)
            if leads_on or plain in _ADDRESSES:
                is_address = plain in _ADDRESSES or _is_address(each)
                yield whole, is_address
        elif plain in _WRAPPERS and depth < _DEEPEST:
            yield from _next_values(api, each, whole, depth + 1)


def _is_text(schema: Mapping[str, Json]) -> bool:
    kind = schema.get("type")
    return kind == "string" or (isinstance(kind, list) and "string" in kind)


def _is_address(schema: Mapping[str, Json]) -> bool:
    if schema.get("format") in ("uri", "url", "uri-reference"):
        return True
    told = " ".join((text(schema, "description"), str(schema.get("example", ""))))
    return bool(re.search(r"https?://|\bURL\b|\bURI\b", told, re.IGNORECASE))


def _is_list(schema: Mapping[str, Json]) -> bool:
    return schema.get("type") == "array" or ("type" not in schema and "items" in schema)


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name.lower())
