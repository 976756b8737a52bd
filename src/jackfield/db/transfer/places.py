"""The databases that rows are read from at one moment, and written to anew."""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from jackfield.db.transfer import sqlite_end
from jackfield.db.transfer.end import End, NewEnd


def snapshot(place: str | Path) -> AbstractAsyncContextManager[End]:
    """Open a SQLite file or PostgreSQL URL to read it; see each kind's `snapshot`."""
    if isinstance(place, Path):
        return sqlite_end.snapshot(place)
    # Kept out of the memory of a hub on SQLite.
    from jackfield.db.transfer import postgres_end  # noqa: PLC0415

    return postgres_end.snapshot(place)


def new(place: str | Path, numbers: Collection[int]) -> AbstractAsyncContextManager[NewEnd]:
    """Make a database with those migrations in a file or at a URL; see each kind's `new`."""
    if isinstance(place, Path):
        return sqlite_end.new(place, numbers)
    from jackfield.db.transfer import postgres_end  # noqa: PLC0415 - as above

    return postgres_end.new(place, numbers)
