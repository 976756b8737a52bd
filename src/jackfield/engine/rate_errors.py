"""`mappedRateLimitErrors`: responses that mean "slow down" under another status."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jackfield.engine.document_reader import take_objects
from jackfield.engine.errors import missing_field
from jackfield.engine.expressions import js
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.text import compile_text
from jackfield.engine.limits import match_part
from jackfield.engine.run import IsRateLimit
from jackfield.engine.wire.json import decode_json
from jackfield.kit.json import Json, as_object


@dataclass(frozen=True, slots=True)
class _Entry:
    status: int
    matches: Callable[[str], bool]
    find: Evaluate


def compile_rate_errors(rate_limit: Json) -> IsRateLimit | None:
    """
    Compile the entries; `None` if there are none.

    Raises:
        InvalidStep: an entry is malformed.
    """
    documents = take_objects(
        as_object(rate_limit).get("mappedRateLimitErrors"), "rateLimit.mappedRateLimitErrors"
    )
    entries = [_compile(document) for document in documents]
    if not entries:
        return None
    statuses = {entry.status for entry in entries}

    def is_rate_limit(status: int, _headers: Mapping[str, str], body: bytes) -> bool:
        if status not in statuses:
            return False
        try:
            content = as_object(decode_json(body, "strict"))
        except ValueError:
            content = {"message": body.decode("utf-8", "replace")}
        return any(
            entry.status == status and entry.matches(js.to_text(entry.find(content)))
            for entry in entries
        )

    return is_rate_limit


def _compile(document: Mapping[str, Json]) -> _Entry:
    for key in ("errorStatus", "errorMessage"):
        if key not in document:
            raise missing_field(path=f"mappedRateLimitErrors.{key}")
    path = str(document.get("errorMessagePath") or "message")
    try:
        find = compile_text(path if path.startswith("$") else f"$.{path}", "strict")
    except InvalidExpression:
        find = _empty
    return _Entry(int(document["errorStatus"]), match_part(str(document["errorMessage"])), find)


def _empty(_content: Mapping[str, Json]) -> Json:
    return ""
