"""The turns of processes that write to one SQLite file."""

import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

BUSY_TIMEOUT_MS: Final = 5000
_POLL_SECONDS: Final = 0.0005


class Turns:
    """
    The way into a write transaction, for one after the other.

    SQLite gives its lock to the one that happens to ask when it is free, and that is a process that
    writes all the time rather than one that sleeps between its trials. So only one process at a time
    may try: the next one. The lock that decides is one on the file's folder; it ends with its process.
    """

    def __init__(self, file: Path) -> None:
        self._folder = os.open(file.parent, os.O_RDONLY)

    def begin(self, connection: sqlite3.Connection) -> None:
        """
        Begin a transaction that writes.

        Raises:
            sqlite3.OperationalError: others have written for five seconds.
        """
        until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
        while not self._is_next() and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
        try:
            _begin(connection, until)
        finally:
            fcntl.flock(self._folder, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._folder)

    def _is_next(self) -> bool:
        try:
            fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _begin(connection: sqlite3.Connection, until: float) -> None:
    # SQLite itself would sleep for up to 0.1 seconds between two trials.
    connection.execute("pragma busy_timeout = 0")
    try:
        while not _has_begun(connection, is_last=time.monotonic() >= until):
            time.sleep(_POLL_SECONDS)
    finally:
        connection.execute(f"pragma busy_timeout = {BUSY_TIMEOUT_MS}")


def _has_begun(connection: sqlite3.Connection, *, is_last: bool) -> bool:
    try:
        connection.execute("begin immediate")
    except sqlite3.OperationalError as error:
        if is_last or not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise
        return False
    return True
