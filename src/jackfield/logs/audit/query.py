"""The query language of the audit log: the words of the log's, with names of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jackfield.audit.filters import AuditFilter, AuditTerms
from jackfield.audit.models import FAMILIES, AuditKind
from jackfield.kit.actor import ActorKind
from jackfield.logs.search.moments import KINDS, read_span
from jackfield.logs.search.words import Word, refused, split

# By what a word is called: the terms that it becomes.
_NAMES: Final[Mapping[str, str]] = {
    "kind": "kinds",
    "actor": "actors",
    "target": "targets",
    "account": "accounts",
    "action": "actions",
    "effect": "effects",
    "address": "addresses",
    "request": "requests",
}
WORDS: Final = (*_NAMES, "since", "until")


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """A query that was read, and the filter that it means."""

    words: tuple[Word, ...] = ()
    filter: AuditFilter = field(default_factory=AuditFilter)

    def __str__(self) -> str:
        return " ".join(map(str, self.words))

    def without(self, place: int) -> str:
        """Return the query as text without the word at a place."""
        return " ".join(str(word) for at, word in enumerate(self.words) if at != place)

    def since(self, value: str) -> str:
        """Return the query as text with another beginning, or none, and without an end."""
        kept = [str(word) for word in self.words if word.name not in ("since", "until")]
        return " ".join([*kept, str(Word("since", value))] if value else kept)

    def value(self, name: str) -> str | None:
        """Return the value of the last word of this name."""
        return next((word.value for word in reversed(self.words) if word.name == name), None)


def read_audit_query(text: str, now: datetime) -> AuditQuery:
    """
    Read a query; moments in it are relative to `now`.

    Raises:
        InvalidLogQuery: there is no such word, or it does not take the value.
    """
    words = tuple(split(text))
    having: dict[str, dict[str, None]] = {}
    lacking: dict[str, dict[str, None]] = {}
    times: dict[str, datetime] = {}
    for word in words:
        if word.name in ("since", "until"):
            if word.name in times or word.is_excluded:
                raise refused(word.start, f"{word.name} can be said once, and not excluded")
            times[word.name] = _moment(word, now)
        elif word.name in _NAMES:
            name = _name_of(word)
            (lacking if word.is_excluded else having).setdefault(name, {})[word.value] = None
        else:
            raise refused(
                word.start, f"there is no word {word.name!r} here; there are {', '.join(WORDS)}"
            )
    return AuditQuery(
        words,
        AuditFilter(_terms(having), _terms(lacking), times.get("since"), times.get("until")),
    )


def _terms(found: Mapping[str, Mapping[str, None]]) -> AuditTerms:
    return AuditTerms(**{name: tuple(values) for name, values in found.items()})


def _name_of(word: Word) -> str:
    """Return the terms of a word: kinds have families, and so have actors."""
    if word.name == "kind":
        if word.value in FAMILIES:
            return "families"
        if word.value not in set(AuditKind):
            known = ", ".join([*FAMILIES, *AuditKind])
            raise refused(word.start, f"there is no kind {word.value!r}; there are {known}")
    if word.name == "actor" and word.value in set(ActorKind):
        return "actor_kinds"
    return _NAMES[word.name]


def _moment(word: Word, now: datetime) -> datetime:
    span = read_span(word.value, now)
    if span is None:
        raise refused(word.start, f"{word.name} takes a moment in UTC, such as {KINDS}")
    return span[0] if word.name == "since" else span[1]
