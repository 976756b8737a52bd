"""Error responses of an OpenAPI document, as the messages of `customErrors`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from jackfield.connectors.openapi.document import LeftOut, OpenApi
from jackfield.connectors.openapi.outlines import json_content, members, responses_by_status
from jackfield.connectors.openapi.schemas import Shape, merged
from jackfield.kit.json import Json, text

# Statuses that a message helps with. Of 429 and 5xx the engine has its own.
_STATUSES: Final = (400, 401, 403, 404, 409, 422)
_RANGES: Final = ("default", "4xx")
# From what is said for people to what is a code, as providers call them without `_` and case.
_MESSAGES: Final = (
    "message", "errormessage", "detail", "msg", "errordescription", "reason", "description",
    "title", "error",
)  # fmt: skip
_WRAPPERS: Final = frozenset({"error", "errors", "fault", "data", "status"})
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_DEEPEST: Final = 2


def custom_errors(api: OpenApi, operations: Iterable[Mapping[str, Json]]) -> list[Json]:
    """Return the entries that give callers the provider's words; none if no response has them."""
    paths: Counter[str] = Counter()
    statuses: set[int] = set()
    for operation in operations:
        for status, response in responses_by_status(api, operation):
            told = [each for each in _STATUSES if status.lower() in (str(each), *_RANGES)]
            if told and (path := _message_path(api, response)):
                paths[path] += 1
                statuses.update(told)
    if not paths:
        return []
    (path, _) = paths.most_common(1)[0]
    return [
        {
            "receivedStatus": status,
            "condition": f"{{{{present(data.{path})}}}}",
            "targetStatus": status,
            "message": f"${{data.{path}}}",
        }
        for status in sorted(statuses)
    ]


def _message_path(api: OpenApi, response: Mapping[str, Json]) -> str | None:
    try:
        found = list(_messages(api, json_content(api, response).get("schema"), "", 0))
    except LeftOut:
        return None
    return min(found)[2] if found else None


def _messages(api: OpenApi, schema: Json, path: str, depth: int) -> Iterator[tuple[int, int, str]]:
    """Yield the paths of messages, with how good they are first."""
    for name, each in members(api, schema).items():
        plain = name.replace("_", "").replace("-", "").lower()
        if not _NAME.fullmatch(name):
            continue
        whole = f"{path}.{name}" if path else name
        if plain in _MESSAGES and _is_text(each):
            yield _MESSAGES.index(plain), depth, whole
        elif plain in _WRAPPERS and depth < _DEEPEST:
            if text(each, "type") == "array" or "items" in each:
                yield from _messages(api, merged(api, each.get("items")), f"{whole}[0]", depth + 1)
            else:
                yield from _messages(api, each, whole, depth + 1)


def _is_text(schema: Shape) -> bool:
    kind = schema.get("type")
    return kind == "string" or (isinstance(kind, list) and "string" in kind)
