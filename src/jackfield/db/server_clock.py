"""
The clock of the database server, which all machines of a hub share.

A lease that one machine wrote is read by another: if their clocks differ by more than it lasts,
both do the same work, and spend the same refresh token.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from jackfield.db.tx import Database
from jackfield.kit.clock import Clock

# Less is of no account to any lease, and leaves the time to the machine.
_MOST: Final = timedelta(seconds=5)
_NOTHING: Final = timedelta(0)

_log = structlog.get_logger()


class ServerClock:
    """The time by `own` clock, and by that of the server while they differ by more than seconds."""

    __slots__ = ("_ahead", "_own")

    def __init__(self, own: Clock) -> None:
        self._own = own
        self._ahead = _NOTHING

    def __call__(self) -> datetime:
        return self._own() + self._ahead

    @property
    def ahead(self) -> timedelta:
        """How far the server is ahead of this machine, as far as that is of account."""
        return self._ahead

    async def follow(self, db: Database) -> None:
        """Ask the server what time it is, and go by that if it is another."""
        sent = self._own()
        rows = await db.unscoped("select clock_timestamp() as it")
        took = self._own() - sent
        if not _NOTHING <= took <= _MOST:
            # An answer of when is unknown, or the clock was set meanwhile: the next one will do.
            return
        ahead = rows[0]["it"] - sent - took / 2
        if abs(ahead) <= _MOST:
            ahead = _NOTHING
        if abs(ahead - self._ahead) > _MOST:
            _log.warning("clock_differs", seconds=round(ahead.total_seconds()))
        self._ahead = ahead
