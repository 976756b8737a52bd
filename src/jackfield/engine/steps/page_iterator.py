"""Page iteration of a paginated step: `iterator` and `response`, compiled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, cast
from urllib.parse import parse_qsl, urlencode, urljoin

from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import require_known, take_object
from jackfield.engine.errors import InvalidStep, invalid_value, missing_field
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.templates import compile_safely
from jackfield.engine.reply import Reply
from jackfield.engine.run import Run
from jackfield.engine.steps.extraction import Extract, compile_key
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.url import origin_of, path_and_query
from jackfield.kit.errors import EgressBlocked, UnreadableAnswer
from jackfield.kit.json import Json, as_object, is_list

# "url" and "link" are for strict mode: the provider gives the next page's address, in its body or
# in a Link header.
PageMode: TypeAlias = Literal["cursor", "offset", "page", "url", "link"]

_MODES: Final[Mapping[Mode, tuple[str, ...]]] = {
    "compat": ("cursor", "offset", "page"),
    "strict": ("cursor", "offset", "page", "url", "link"),
}
_ITERATOR_KEYS: Final = frozenset({"key", "in", "mode", "condition", "startPage", "maxPage"})
_RESPONSE_KEYS: Final = frozenset({"indexField", "dataKey", "nextKey", "nextKeyIn"})
_MOST_PAGES: Final = 10_000
_PART: Final = re.compile(r"([^.\[\]]+)|\[(\d{1,2})\]")
_LINK: Final = re.compile(r'<([^>]*)>\s*((?:;\s*[\w*]+\s*=\s*(?:"[^"]*"|[^\s;,]+)\s*)*)')
_REL: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Paging:
    """
    The compiled paging of a step; `wraps` makes a single row of what is not a list.

    `path` is where the cursor is in a body: the key, or what it says as a path.
    """

    mode: PageMode
    key: str
    path: tuple[str | int, ...]
    location: Literal["query", "body"]
    condition: Evaluate | None
    start_page: int
    max_page: int
    extract: Extract | None = None
    next_key: Extract | None = None
    next_in_headers: bool = False
    index_field: str | None = None
    wraps: bool = False

    def rows(self, run: Run, reply: Reply) -> Json:
        rows = reply.data if self.extract is None else self.extract(run.scope, reply.data)
        if self.wraps and not is_list(rows):
            return [rows] if js.truthy(rows) else []
        return rows

    def following(self, run: Run, reply: Reply) -> Json:
        """Return the provider's cursor for the page after this one; `None` at the end."""
        if self.mode == "link":
            token = _next_link(reply.response.headers.get("link", ""))
        elif self.next_key is None:
            return None
        else:
            content = dict(reply.response.headers) if self.next_in_headers else reply.data
            token = self.next_key(run.scope, content)
        if token is None or token is UNDEFINED or token == "" or isinstance(token, bool):
            return None
        if run.mode == "strict" and token in ([], {}):
            return None
        if self.mode not in ("url", "link"):
            return token
        if not isinstance(token, str):
            msg = "the address of the provider's next page is not a text"
            raise UnreadableAnswer(msg, step=run.step_id)
        return _same_host(run, reply, token)

    def continues(self, reply: Reply, mode: Mode) -> bool:
        if self.condition is None:
            return True
        value = self.condition(as_object(reply.data))
        return value is True if mode == "compat" else strict_values.holds(value)


def compile_paging(params: Mapping[str, Json], mode: Mode) -> Paging:
    """
    Compile the paging of a `paginated_request`.

    Raises:
        InvalidStep: it is malformed.
    """
    if "iterator" not in params:
        raise missing_field(path="iterator")
    iterator = take_object(params["iterator"], "iterator")
    require_known(iterator, _ITERATOR_KEYS, "iterator")
    page_mode = iterator.get("mode", "cursor")
    if page_mode not in _MODES[mode]:
        raise invalid_value(path="iterator.mode", value=page_mode, allowed=_MODES[mode])
    by_address = page_mode in ("url", "link")
    if not by_address:
        if not isinstance(iterator.get("key"), str):
            raise missing_field(path="iterator.key")
        if iterator.get("in") not in ("query", "body"):
            location = iterator.get("in", "undefined")
            raise invalid_value(path="iterator.in", value=location, allowed=("query", "body"))
    condition = iterator.get("condition")
    return _with_response(
        params.get("response"),
        mode,
        Paging(
            mode=cast("PageMode", page_mode),
            key=(key := str(iterator.get("key", ""))),
            path=_path(key) if mode == "strict" else (key,),
            location=cast("Literal['query', 'body']", iterator.get("in", "query")),
            condition=None if condition is None else compile_safely(str(condition), mode),
            start_page=_page_number(iterator, "startPage", (0, _MOST_PAGES), 1),
            max_page=_page_number(iterator, "maxPage", (1, _MOST_PAGES), 1000),
        ),
    )


def _with_response(document: Json, mode: Mode, paging: Paging) -> Paging:
    response = {} if document is None else take_object(document, "response")
    require_known(response, _RESPONSE_KEYS, "response")
    source = response.get("nextKeyIn", "data")
    if source not in ("data", "headers"):
        raise invalid_value(path="response.nextKeyIn", value=source, allowed=("data", "headers"))
    data_key, next_key = response.get("dataKey"), response.get("nextKey")
    if next_key and source == "headers" and not str(next_key).lstrip().startswith("{{"):
        # Header names of responses are in lower case.
        next_key = str(next_key).lower()
    if paging.mode == "url" and not next_key:
        raise missing_field(path="response.nextKey")
    index_field = response.get("indexField")
    return replace(
        paging,
        extract=compile_key(str(data_key), mode) if data_key else None,
        next_key=compile_key(str(next_key), mode, absent=UNDEFINED) if next_key else None,
        next_in_headers=source == "headers",
        index_field=str(index_field) if index_field else None,
    )


def _path(key: str) -> tuple[str | int, ...]:
    return tuple(name or int(index) for name, index in _PART.findall(key)) or (key,)


def _page_number(
    iterator: Mapping[str, Json], key: str, bounds: tuple[int, int], default: int
) -> int:
    value = iterator.get(key)
    if value is None:
        return default
    if iterator.get("mode") != "page":
        msg = f'{key} is only valid when iterator.mode is "page"'
        raise InvalidStep(msg)
    low, high = bounds
    if not isinstance(value, int) or not low <= value <= high:
        msg = f"The field 'iterator.{key}' must be a whole number from {low} to {high}"
        raise InvalidStep(msg)
    return value


def _next_link(header: str) -> str | None:
    for target, parameters in _LINK.findall(header):
        relation = _REL.search(parameters)
        if relation and "next" in (relation[1] or relation[2] or "").lower().split():
            return target
    return None


def _same_host(run: Run, reply: Reply, target: str) -> str:
    """Return path and query of the next page's address, without any credential in it."""
    whole = urljoin(reply.url, target)
    if origin_of(whole) != origin_of(reply.url):
        msg = "the provider's next page is on another host"
        raise EgressBlocked(msg, step=run.step_id)
    path, _, query = path_and_query(whole).partition("?")
    secrets = set(run.context.credentials.values()) - {""}
    pairs = parse_qsl(query, keep_blank_values=True)
    if any(value in secrets for _, value in pairs):
        query = urlencode([pair for pair in pairs if pair[1] not in secrets])
    return f"{path}?{query}" if query else path
