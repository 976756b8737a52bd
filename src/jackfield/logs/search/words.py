"""Words of a query of the log: `name:value`, `-name:value` and free text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jackfield.kit.errors import Fault, InvalidRequest

LONGEST: Final = 2000
MOST_WORDS: Final = 50

# A minus, a name with its colon, and a value in quotes or without blanks.
_WORD: Final = re.compile(
    r"(?P<minus>-?+)(?P<name>[A-Za-z_]+:)?+"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"(?=\s|$)|(?P<plain>[^"\s]\S*)?(?=\s|$))',
    re.DOTALL,
)
_BLANKS: Final = re.compile(r"\s*")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
# What can only be written in quotes.
_NEEDS_QUOTES: Final = re.compile(r'[\s"]|^-|^[A-Za-z_]+:|^$')


class InvalidLogQuery(InvalidRequest):
    """The query of the log has a word that is unknown, or a value that it does not take."""

    code = "invalid_log_query"


def refused(start: int, message: str) -> InvalidLogQuery:
    """Return the refusal of a query because of what begins after `start` characters."""
    words = f"at character {start + 1}: {message}"
    return InvalidLogQuery(f"the query is not understood {words}", faults=[Fault("query", words)])


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query, and its place in the text; free text has an empty name."""

    name: str
    value: str
    is_excluded: bool = False
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        """Write the word so that it is read again as it is."""
        value = self.value
        if _NEEDS_QUOTES.search(value) or (self.name and value.startswith("-")):
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            value = f'"{escaped}"'
        name = f"{self.name}:" if self.name else ""
        return f"{'-' if self.is_excluded else ''}{name}{value}"


def split(text: str) -> Iterator[Word]:
    """
    Yield the words of a query.

    Raises:
        InvalidLogQuery: it is too long, or a quote is not closed.
    """
    if len(text) > LONGEST:
        raise refused(LONGEST, f"a query has up to {LONGEST} characters")
    place, count = _skipped(text, 0), 0
    while place < len(text):
        found = _WORD.match(text, place)
        if found is None:
            raise refused(place, "the quotes of this word are not closed, or follow other letters")
        count += 1
        if count > MOST_WORDS:
            raise refused(place, f"a query has up to {MOST_WORDS} words")
        yield _word(found)
        place = _skipped(text, found.end())


def _word(found: re.Match[str]) -> Word:
    name, quoted = (found["name"] or "").removesuffix(":").lower(), found["quoted"]
    value = _ESCAPED.sub(r"\1", quoted) if quoted is not None else found["plain"] or ""
    is_excluded = bool(found["minus"])
    if not name and is_excluded and quoted is None and not value:
        # A minus alone is text like any other.
        value, is_excluded = "-", False
    if name and not value:
        raise refused(found.start(), f"the word {name!r} needs a value, such as {name}:…")
    return Word(name, value, is_excluded, found.start(), found.end())


def _skipped(text: str, place: int) -> int:
    blanks = _BLANKS.match(text, place)
    return place if blanks is None else blanks.end()
