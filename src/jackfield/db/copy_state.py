"""
State of an online copy, which is kept in the SQLite file that is copied.

The processes that work on the file see it there: they go on while it is copied, finish what is
under way before the cut-over, and leave the file once it was moved. That none writes to it
afterwards does not depend on them: triggers refuse it.
"""

import fcntl
import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from jackfield.db.tx import DatabaseMoved

# What a trigger says of a write to a file that was moved.
FENCE: Final = "jackfield: moved"
# How long a process waits for the end of a cut-over; it is not committed later than that.
CUT_OVER_SECONDS: Final = 25.0
_OWNER_ONLY: Final = 0o600


class Phase(StrEnum):
    """How far the copy is: `closing` asks the hub to finish, and to take up nothing new."""

    COPYING = "copying"
    CLOSING = "closing"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class CopyState:
    """An online copy; `target` is the address of its database without what is secret."""

    id: str
    phase: Phase
    target: str

    @property
    def has_moved(self) -> bool:
        return self.phase is Phase.MOVED

    @property
    def moved(self) -> DatabaseMoved:
        """The error for those who still come to this file."""
        msg = (
            f"this hub was moved to the database at {self.target}; start it, and run its commands, "
            "with the JACKFIELD_DATABASE_URL of that database"
        )
        return DatabaseMoved(msg)


def find(connection: sqlite3.Connection) -> CopyState | None:
    """Return the state of the copy that was begun of this file, if one was."""
    try:
        rows = connection.execute("select id, phase, target from online_copy").fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return next((CopyState(row[0], Phase(row[1]), row[2]) for row in map(tuple, rows)), None)


def of_file(file: Path) -> CopyState | None:
    """Return the state of the copy of a file, which need not be there."""
    try:
        if not file.stat().st_size:
            return None
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            return find(connection)
    except (OSError, sqlite3.Error):
        # Opening it for work says what is wrong with it.
        return None


def require_here(file: Path) -> None:
    """
    Make sure that the hub in a file was not moved.

    Raises:
        DatabaseMoved: it was.
    """
    state = of_file(file)
    if state is not None and state.has_moved:
        raise state.moved


def require_not_moved(connection: sqlite3.Connection) -> None:
    """
    Make sure that the hub in an open file was not moved.

    Raises:
        DatabaseMoved: it was.
    """
    state = find(connection)
    if state is not None and state.has_moved:
        raise state.moved


class CopyWatch:
    """The look of one process at the copy of the file that it works on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        # Asked on the event loop, which waits for nobody.
        self._connection = sqlite3.connect(file, isolation_level=None, timeout=0)
        self._place: int | None = None

    def look(self) -> CopyState | None:
        """Return the state of the copy, if there is one; while it goes on, it waits for this one."""
        try:
            state = find(self._connection)
        except sqlite3.Error:
            # Whoever needs the file says so.
            return None
        if state is None:
            self.make_room()
        elif state.phase is Phase.COPYING:
            self._take_place()
        return state

    def _take_place(self) -> None:
        if self._place is None:
            try:
                self._place = os.open(places(self._file), os.O_RDONLY)
                fcntl.flock(self._place, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                # The copy has ended, or is about to cut over: then it does not wait for this one.
                self.make_room()

    def make_room(self) -> None:
        """Have it not wait for this process any more."""
        if self._place is not None:
            os.close(self._place)
            self._place = None

    def close(self) -> None:
        self.make_room()
        self._connection.close()


def places(file: Path) -> Path:
    """Return the file on which processes have shared locks that are to be waited for."""
    return file.with_name(f"{file.name}-copying")


@contextmanager
def all_places(file: Path) -> Generator["Places"]:
    """Open the places of the processes that work on `file`."""
    opened = os.open(places(file), os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    try:
        yield Places(opened)
    finally:
        os.close(opened)


class Places:
    """The places of processes, seen by the copy."""

    def __init__(self, opened: int) -> None:
        self._opened = opened

    def are_free(self) -> bool:
        """Tell whether every process has made room; none takes a place from then on."""
        try:
            fcntl.flock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give_back(self) -> None:
        """Let processes take their places again."""
        fcntl.flock(self._opened, fcntl.LOCK_UN)
