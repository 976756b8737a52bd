"""Pages of rows, as a connector's `iterator` and `response` ask for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final
from urllib.parse import quote

from jackfield.kit.json import Json, is_object, text
from jackfield.sandbox.connector.endpoints import Endpoint
from jackfield.sandbox.connector.shapes import dig, put, split_path
from jackfield.sandbox.connector.store import Row
from jackfield.sandbox.numbers import is_number

# Where the next page begins, in an address that the sandbox gives out.
_OFFSET: Final = "sandbox_offset"
_USUAL: Final = 100
_PATH: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?!\s*\(|\w|')")
_NO_PATHS: Final = frozenset({"true", "false", "null", "params"})


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the rows there are."""

    rows: Sequence[Row]
    start: int
    size: int
    total: int

    @property
    def end(self) -> int:
        return self.start + len(self.rows)

    @property
    def has_more(self) -> bool:
        return self.end < self.total


def take_page(
    endpoint: Endpoint, rows: Sequence[Row], id_name: str, query: Mapping[str, Json], body: Json
) -> Page:
    """Return the page that a request asks for."""
    sent = {**(body if is_object(body) else {}), **query}
    key = sent.get(text(endpoint.iterator, "key"))
    size = _size(endpoint, sent, key)
    start = _number(sent.get(_OFFSET)) or _start(endpoint, rows, id_name, key, size)
    return Page(rows[start : start + size], start, size, len(rows))


def _start(endpoint: Endpoint, rows: Sequence[Row], id_name: str, key: Json, size: int) -> int:
    mode = endpoint.iterator.get("mode", "cursor")
    if is_object(key):
        key = next((value for name, value in key.items() if "after" in name), None)
    if mode == "page":
        first = endpoint.iterator.get("startPage", 1)
        return max(_number(key) - first, 0) * size if key is not None else 0
    if endpoint.next_key.startswith("{{") and key:
        ids = [str(row.get(id_name)) for row in rows]
        return ids.index(str(key)) + 1 if str(key) in ids else 0
    return _number(key)


def _size(endpoint: Endpoint, sent: Mapping[str, Json], key: Json) -> int:
    named = [each.name for each in endpoint.arguments if each.input == "page_size"]
    asked = next((sent[name] for name in named if name in sent), None)
    if asked is None and is_object(key):
        asked = key.get("per_page")
    pagination = sent.get("pagination")
    if asked is None and is_object(pagination):
        asked = pagination.get("per_page")
    return _number(asked) or _USUAL


def _number(value: Json) -> int:
    return int(value) if isinstance(value, int | str) and is_number(str(value)) else 0


def tell_page(endpoint: Endpoint, whole: Json, page: Page, target: str) -> Json:
    """Return a body that says where its page is among the others; `target` is what was asked."""
    mode = endpoint.iterator.get("mode", "cursor")
    next_page = next_address(target, page) if page.has_more else None
    told: dict[str, Json] = _words(page, next_page)
    if is_object(whole):
        _fill(whole, told, depth=3)
        for path in _named(endpoint):
            if path[-1] in told:
                whole = put(whole, path, told[path[-1]])
    following = split_path(endpoint.next_key)
    if not following or not is_object(whole):
        return whole
    if not page.has_more:
        return _ended(whole, following)
    if mode == "url":
        return put(whole, following, next_page)
    if endpoint.iterator.get("key") == "pagination":
        token: Json = {"per_page": page.size, "starting_after": str(page.end)}
    else:
        token = str(page.end)
    return put(whole, following, token)


def next_link(endpoint: Endpoint, page: Page, target: str) -> dict[str, str]:
    """Return the header that links the next page, where the provider does so."""
    if endpoint.iterator.get("mode") != "link" or not page.has_more:
        return {}
    return {"link": f'<{next_address(target, page)}>; rel="next"'}


def next_address(target: str, page: Page) -> str:
    path, _, query = target.partition("?")
    kept = [each for each in query.split("&") if each and not each.startswith(f"{_OFFSET}=")]
    return f"{path}?{'&'.join([*kept, f'{_OFFSET}={quote(str(page.end))}'])}"


def _ended(whole: Json, path: Sequence[str]) -> Json:
    """Return a body without a next page: null at its place, or what holds it left out."""
    if len(path) > 2:  # noqa: PLR2004 - such as paging.next.after
        holder = dig(whole, path[:-2])
        if is_object(holder):
            holder.pop(path[-2], None)
        return whole
    return put(whole, path, None)


def _words(page: Page, next_page: str | None) -> dict[str, Json]:
    number = page.start // page.size + 1
    pages = max(ceil(page.total / page.size), 1)
    return {
        "total": page.total, "total_items": page.total, "totalSize": page.total,
        "total_count": page.total, "totalCount": page.total, "startAt": page.start,
        "offset": page.start, "maxResults": page.size, "per_page": page.size,
        "isLast": not page.has_more, "hasMore": page.has_more, "has_more": page.has_more,
        "done": not page.has_more, "page": number, "pages": pages, "total_pages": pages,
        "nextPageUrl": next_page, "next": next_page,
    }  # fmt: skip


def _fill(whole: dict[str, Json], told: Mapping[str, Json], depth: int) -> None:
    for name, value in whole.items():
        if is_object(value) and depth:
            _fill(value, told, depth - 1)
        elif name in told and isinstance(value, bool | int) and type(told[name]) is type(value):
            whole[name] = told[name]


def _named(endpoint: Endpoint) -> list[tuple[str, ...]]:
    """Return the paths that the connector looks at to see whether there are more pages."""
    condition = text(endpoint.iterator, "condition")
    expression = endpoint.next_key if endpoint.next_key.startswith("{{") else ""
    found: list[str] = _PATH.findall(f"{condition} {expression}")
    paths = [tuple(part for part in each.split(".") if part not in _NO_PATHS) for each in found]
    return [each for each in paths if each]
