"""
Conversion of repositories' SQL to each driver's parameter style.

They are written once, with named `:parameters`, in the common subset of SQLite and PostgreSQL.
"""

import re
from functools import lru_cache
from typing import Final

# A name after a colon, unless inside a quoted text, a quoted identifier or a comment.
_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|:([a-z][a-z0-9_]*)")

# PostgreSQL only: SQLite has one writer, so that no other can have locked a row.
_ROW_LOCK: Final = re.compile(r"\bfor update of \w+ skip locked\b")
_VALUES: Final = re.compile(r"\bvalues\b")
_IN_LIST: Final = re.compile(r"\b(not )?in \(:([a-z][a-z0-9_]*)\)")


@lru_cache(maxsize=1024)
def with_arrays(sql: str) -> str:
    """Write `in (:name)` as PostgreSQL takes an array: one parameter, however many values."""
    return _IN_LIST.sub(lambda m: f"{'<> all' if m[1] else '= any'}(:{m[2]})", sql)


@lru_cache(maxsize=1024)
def with_json_lists(sql: str) -> str:
    """Write `in (:name)` so that SQLite takes a JSON array.

    SQLite finds a named parameter by going through all of them: one for each value would take
    seconds where there are thousands.
    """
    return _IN_LIST.sub(r"\1in (select value from json_each(:\2))", sql)


@lru_cache(maxsize=1024)
def positional(sql: str) -> tuple[str, tuple[str, ...]]:
    """Rewrite `:name` to `$1`, and return the names in the order of the numbers."""
    names: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match[1]
        return f"${names.setdefault(name, len(names) + 1)}" if name else match[0]

    return _TOKEN.sub(number, sql), tuple(names)


@lru_cache(maxsize=1024)
def without_locks(sql: str) -> str:
    """Remove `for update of … skip locked`."""
    return _ROW_LOCK.sub("", sql)


@lru_cache(maxsize=1024)
def repeated(sql: str, count: int) -> tuple[str, tuple[str, ...]]:
    """Rewrite `insert … values (:a, :b)` for `count` rows, as `values (?, ?), (?, ?) …`.

    What follows the row, such as `on conflict …`, stands once and has no marks.

    Returns the names of one row's marks as well, in order.
    """
    head, row = _VALUES.split(sql, maxsplit=1)
    row, conflict, rest = row.partition("on conflict")
    names = tuple(match[1] for match in _TOKEN.finditer(row) if match[1])
    marked = _TOKEN.sub(lambda match: "?" if match[1] else match[0], row)
    return f"{head}values {', '.join([marked] * count)} {conflict}{rest}", names


def storable(value: object) -> object:
    """Return a value without the one character that PostgreSQL has no place for."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value
