"""`mappedRateLimitErrors`: responses that mean "slow down", and for how long."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from jackfield.engine.document_reader import take_objects
from jackfield.engine.errors import invalid_value, missing_field
from jackfield.engine.expressions import js
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.text import compile_text
from jackfield.engine.limits import match_part
from jackfield.engine.ports import Response
from jackfield.engine.wire.json import decode_json
from jackfield.engine.wire.retry_after import Unit, read_wait, retry_after
from jackfield.kit.clock import Clock
from jackfield.kit.json import Json, as_object
from jackfield.kit.large_json import LARGE

_UNITS: Final = ("seconds", "milliseconds", "date")


@dataclass(frozen=True, slots=True)
class _Entry:
    status: int
    matches: Callable[[str], bool]
    find: Evaluate
    in_headers: Evaluate
    in_body: Evaluate
    unit: Unit
    usual: Json

    def wait(
        self, headers: Mapping[str, str], content: Mapping[str, Json], clock: Clock
    ) -> float | None:
        """Return the wait in seconds: of the headers, of the body, or the usual one."""
        told = retry_after(headers, clock)
        if told is None:
            told = read_wait(self.in_headers(dict(headers)), self.unit, clock)
        if told is None:
            told = read_wait(self.in_body(dict(content)), self.unit, clock)
        if told is None:
            unit: Unit = "seconds" if self.unit == "date" else self.unit
            told = read_wait(self.usual, unit, clock)
        return told


@dataclass(frozen=True, slots=True)
class RateErrors:
    """The entries of a connector, by status."""

    _entries: Mapping[int, Sequence[_Entry]] = field(default_factory=dict[int, Sequence[_Entry]])

    def match(self, response: Response) -> bool:
        """Return whether the connector maps this response to 429."""
        # Without a call where there is none of its status: every answer is asked about.
        return response.status in self._entries and self._find(response) is not None

    def wait(self, response: Response, clock: Clock) -> float | None:
        """Return the seconds to wait that this response says; `None` if it says none."""
        found = self._find(response)
        if found is None:
            return retry_after(response.headers, clock)
        entry, content = found
        return entry.wait(response.headers, content, clock)

    def _find(self, response: Response) -> tuple[_Entry, Mapping[str, Json]] | None:
        entries = self._entries.get(response.status)
        # Refusals are small: what is not would hold up the event loop, once for each question.
        if entries is None or len(response.body) > LARGE:
            return None
        try:
            content = as_object(decode_json(response.body, "strict"))
        except ValueError:
            content = {"message": response.body.decode("utf-8", "replace")}
        said = ((each, js.to_text(each.find(content))) for each in entries)
        return next(((each, content) for each, text in said if each.matches(text)), None)


NO_RATE_ERRORS: Final = RateErrors()


def compile_rate_errors(rate_limit: Json) -> RateErrors:
    """
    Compile the entries.

    Raises:
        InvalidStep: an entry is malformed.
    """
    documents = take_objects(
        as_object(rate_limit).get("mappedRateLimitErrors"), "rateLimit.mappedRateLimitErrors"
    )
    entries: dict[int, list[_Entry]] = {}
    for document in documents:
        entry = _compile(document)
        entries.setdefault(entry.status, []).append(entry)
    return RateErrors(entries)


def _compile(document: Mapping[str, Json]) -> _Entry:
    for key in ("errorStatus", "errorMessage"):
        if key not in document:
            raise missing_field(path=f"mappedRateLimitErrors.{key}")
    unit = document.get("retryAfterUnit") or "seconds"
    if unit not in _UNITS:
        raise invalid_value(path="mappedRateLimitErrors.retryAfterUnit", value=unit, allowed=_UNITS)
    return _Entry(
        int(document["errorStatus"]),
        match_part(str(document["errorMessage"])),
        _find_at(str(document.get("errorMessagePath") or "message")),
        _find_at(str(document.get("retryAfterPath") or "").lower()),
        _find_at(str(document.get("retryAfterBodyPath") or "")),
        unit,
        document.get("retryAfterValue"),
    )


def _find_at(path: str) -> Evaluate:
    if not path:
        return _nothing
    try:
        return compile_text(path if path.startswith("$") else f"$.{path}", "strict")
    except InvalidExpression:
        return _nothing


def _nothing(_content: Mapping[str, Json]) -> Json:
    return ""
