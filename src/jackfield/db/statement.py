"""
Conversion of repositories' SQL to each driver's parameter style.

They are written once, with named `:parameters`, in the common subset of SQLite and PostgreSQL.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, cast

# A name after a colon, unless inside a quoted text, a quoted identifier or a comment.
_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|:([a-z][a-z0-9_]*)")

# PostgreSQL only: SQLite has one writer, so that no other can have locked a row.
_ROW_LOCK: Final = re.compile(r"\bfor update of \w+ skip locked\b")
_VALUES: Final = re.compile(r"\bvalues\b")


def spread(sql: str, values: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """Replace each list value by one parameter per element.

    The number of parameters is rounded up to a power of two by repeating the last element, so
    that a statement has few forms, not one per length. An empty list becomes `null`: nothing is
    `in` it.
    """
    lists = {
        name: list(cast("list[object]", value))
        for name, value in values.items()
        if isinstance(value, list | tuple)
    }
    if not lists:
        return sql, values
    flat = {name: value for name, value in values.items() if name not in lists}
    sizes: dict[str, int] = {}
    for name, items in lists.items():
        elements = items or [None]
        sizes[name] = 1 << (len(elements) - 1).bit_length()
        elements += elements[-1:] * (sizes[name] - len(elements))
        flat |= {f"{name}_{index}": element for index, element in enumerate(elements)}
    return _spread_sql(sql, tuple(sizes.items())), flat


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

    Returns the names of one row's marks as well, in order.
    """
    head, row = _VALUES.split(sql, maxsplit=1)
    names = tuple(match[1] for match in _TOKEN.finditer(row) if match[1])
    marked = _TOKEN.sub(lambda match: "?" if match[1] else match[0], row)
    return f"{head}values {', '.join([marked] * count)}", names


@lru_cache(maxsize=1024)
def _spread_sql(sql: str, sizes: tuple[tuple[str, int], ...]) -> str:
    known = dict(sizes)

    def expand(match: re.Match[str]) -> str:
        name = match[1]
        if name not in known:
            return match[0]
        return ", ".join(f":{name}_{index}" for index in range(known[name]))

    return _TOKEN.sub(expand, sql)
