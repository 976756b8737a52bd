"""Errors of SQLite, and those of ours that they become."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from jackfield.db.copy_state import FENCE
from jackfield.db.tx import (
    DatabaseBusy,
    DatabaseMoved,
    DatabaseNotWritable,
    DatabaseUnusable,
    DeletedMeanwhile,
)

_PRIMARY_CODE: Final = 0xFF
# All of these may be over in a moment.
_NOT_WRITABLE: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn what SQLite says of the file and the disk into errors of ours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise DatabaseBusy from error
        if code in _NOT_WRITABLE:
            msg = f"the database cannot be written now: {error}; make room on its disk"
            raise DatabaseNotWritable(msg) from error
        if code == sqlite3.SQLITE_CONSTRAINT and str(error) == FENCE:
            raise DatabaseMoved from error
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise DeletedMeanwhile from error
        if code in _BROKEN:
            msg = f"the database cannot be used: {error}"
            raise DatabaseUnusable(msg) from error
        raise
