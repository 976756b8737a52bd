"""The query language of the log, which the page, the API and the command share."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jackfield.logs.runs.models import Run
from jackfield.logs.runs.sources import CLI, RunSource, source_of
from jackfield.logs.search.models import Conditions, RunSearch, Span
from jackfield.logs.search.moments import KINDS, read_span
from jackfield.logs.search.words import Word, refused, split
from jackfield.projects.correlation_headers import is_correlation_header, normal_value

# Of one name: each is a condition of its own.
MOST_PATTERNS: Final = 8
# As long as a duration can be that is stored, in milliseconds.
LONGEST_MS: Final = 2**31 - 1

EFFECTS: Final = ("read", "search", "execute", "write", "send", "delete")
TYPES: Final = ("production", "test")
# The API's own is what people call REST.
SOURCES: Final[Mapping[str, str]] = {
    **{("rest" if each is RunSource.API else each.value): each.value for each in RunSource},
    # Commands use the API; their runs are told by the client.
    CLI: CLI,
}
_SOURCE_WORDS: Final = {source: word for word, source in SOURCES.items()}

_CODE: Final = re.compile(r"[1-9]\d{2}")
_GROUP: Final = re.compile(r"([1-9])xx", re.IGNORECASE)
_CODES: Final = re.compile(r"([1-9]\d{2})-([1-9]\d{2})")
_DURATION: Final = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)(ms|s|m|h)?", re.IGNORECASE)
_MS: Final = {"": 1, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_RUN: Final = re.compile(r"run_[0-9A-HJKMNP-TV-Z]{26}")
_REQUEST: Final = re.compile(r"req_[0-9A-HJKMNP-TV-Z]{26}")
_ACCOUNT: Final = re.compile(r"acc_[0-9A-HJKMNP-TV-Z]{26}")


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read, and the search that it means."""

    words: tuple[Word, ...] = ()
    search: RunSearch = field(default_factory=RunSearch)

    def __str__(self) -> str:
        return " ".join(map(str, self.words))

    def without(self, *places: int) -> str:
        """Return the query as text without the words at some places."""
        return " ".join(str(word) for place, word in enumerate(self.words) if place not in places)

    def instead(self, **values: str) -> str:
        """Return the query as text, with the words of these names replaced by one each."""
        kept = [str(word) for word in self.words if word.name not in values]
        return " ".join([*kept, *(str(Word(name, value)) for name, value in values.items())])

    def since(self, value: str) -> str:
        """Return the query as text with another beginning, or none, and without an end."""
        kept = [str(word) for word in self.words if word.name not in ("since", "until")]
        return " ".join([*kept, str(Word("since", value))] if value else kept)

    def value(self, name: str) -> str | None:
        """Return the value of the last word of this name."""
        return next((word.value for word in reversed(self.words) if word.name == name), None)


def source_word(run: Run) -> str:
    """Return the word for the source of a run."""
    return word_of_source(source_of(run.source, run.user_agent or ""))


def word_of_source(source: str) -> str:
    """Return the word for a source."""
    return _SOURCE_WORDS.get(source, source)


def read_query(text: str, now: datetime) -> Query:
    """
    Read a query; moments in it are relative to `now`.

    Raises:
        InvalidLogQuery: there is no such word, or it does not take the value.
    """
    words = tuple(split(text))
    since = until = None
    having, lacking = _Builder(), _Builder()
    for word in words:
        if word.name in ("since", "until"):
            first, end = _span(word, now)
            if (since if word.name == "since" else until) is not None or word.is_excluded:
                raise refused(word.start, f"{word.name} can be said once, and not excluded")
            since, until = (first, until) if word.name == "since" else (since, end)
        elif word.name in NAMES:
            _add(lacking if word.is_excluded else having, word)
        else:
            known = ", ".join([*filter(None, NAMES), "since", "until"])
            raise refused(
                word.start,
                f"there is no word {word.name!r}; there are {known}, and text in quotes",
            )
    return Query(words, RunSearch(having.built(), lacking.built(), since, until))


class _Builder:
    def __init__(self) -> None:
        self._found: dict[str, dict[object, None]] = {}

    def add(self, word: Word, name: str, value: object) -> None:
        values = self._found.setdefault(name, {})
        values[value] = None
        if name in _PATTERNS and len(values) > MOST_PATTERNS:
            raise refused(word.start, f"there may be up to {MOST_PATTERNS} of these in a query")

    def built(self) -> Conditions:
        return Conditions(**{name: tuple(values) for name, values in self._found.items()})  # pyright: ignore[reportArgumentType]


_PATTERNS: Final = frozenset({"actions", "texts", "statuses", "durations"})


def _add(found: _Builder, word: Word) -> None:
    name, read = NAMES[word.name]
    value = read(word)
    if name == "statuses" and isinstance(value, bool):
        name = "outcomes"
    elif name == "texts":
        # An id is looked up, and not searched for.
        for kind, place in ((_RUN, "runs"), (_REQUEST, "requests"), (_ACCOUNT, "accounts")):
            name = place if kind.fullmatch(word.value) else name
    found.add(word, name, value)


def _span(word: Word, now: datetime) -> tuple[datetime, datetime]:
    span = read_span(word.value, now)
    if span is None:
        raise refused(word.start, f"{word.name} takes a moment in UTC, such as {KINDS}")
    return span


def _status(word: Word) -> bool | Span:
    value = word.value.lower()
    if value in ("ok", "failed"):
        return value == "ok"
    if _CODE.fullmatch(value):
        return int(value), int(value)
    if found := _GROUP.fullmatch(value):
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    if (found := _CODES.fullmatch(value)) and found[1] <= found[2]:
        return int(found[1]), int(found[2])
    raise refused(word.start, "status takes ok, failed, a code as 401, 4xx, or 400-499")


def _took(word: Word) -> Span:
    value = word.value
    for sign in (">=", "<=", ">", "<"):
        if value.startswith(sign) and (ms := _milliseconds(value.removeprefix(sign))) is not None:
            if sign in (">=", ">"):
                return min(ms + (sign == ">"), LONGEST_MS), LONGEST_MS
            return 0, ms - (sign == "<")
    low, dash, high = value.partition("-")
    first, last = _milliseconds(low), _milliseconds(high)
    if dash and first is not None and last is not None and first <= last:
        return first, last
    raise refused(word.start, "took takes >1s, <200ms, or 1s-5s; the units are ms, s, m and h")


def _milliseconds(text: str) -> int | None:
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    return min(round(float(found[1]) * _MS[(found[2] or "").lower()]), LONGEST_MS)


def _one_of(known: Mapping[str, str]) -> Callable[[Word], str]:
    def read(word: Word) -> str:
        found = known.get(word.value.lower())
        if found is None:
            raise refused(word.start, f"{word.name} takes {', '.join(known)}")
        return found

    return read


def _header(word: Word) -> tuple[str, str]:
    name, equals, value = word.value.partition("=")
    if not (equals and value.strip() and is_correlation_header(name.strip().lower())):
        raise refused(word.start, "header takes a name and a value, as x-correlation-id=42")
    return name.strip().lower(), normal_value(value)


def _text(word: Word) -> str:
    return word.value


def _lower(word: Word) -> str:
    return word.value.lower()


# By what a word is called: the conditions that it becomes, and how its value is read.
NAMES: Final[Mapping[str, tuple[str, Callable[[Word], object]]]] = {
    "": ("texts", _text),
    "status": ("statuses", _status),
    "connector": ("connectors", _lower),
    "action": ("actions", _lower),
    "account": ("accounts", _text),
    "customer": ("customers", _text),
    "effect": ("effects", _one_of(dict(zip(EFFECTS, EFFECTS, strict=True)))),
    "key": ("keys", _text),
    "source": ("sources", _one_of(SOURCES)),
    "type": ("types", _one_of(dict(zip(TYPES, TYPES, strict=True)))),
    "took": ("durations", _took),
    "request": ("requests", _text),
    "code": ("codes", _lower),
    "header": ("headers", _header),
}
