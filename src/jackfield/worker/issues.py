"""Issues: what failed and what works again since it was looked at last, project by project."""

from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from jackfield.issues.detection import OVERLAP, read_project
from jackfield.issues.history.repo import claim_reading
from jackfield.kit.actor import Actor
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("issues")
# Longer than a piece of the log takes.
_LEASE: Final = timedelta(minutes=1)
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)

_log = structlog.get_logger()


async def find_due(hub: Hub) -> int:
    """Read the projects that are due, by whichever process; return their number."""
    read = 0
    while True:
        now = hub.clock()
        # Accounts that failed before there were issues have one; runs of long ago do not.
        reading = await claim_reading(
            hub.db, until=now + _LEASE, begin=now - OVERLAP, since=_LONG_AGO
        )
        if reading is None:
            return read
        try:
            await read_project(hub, ACTOR, reading)
        except Exception:  # noqa: BLE001 - one project must not end the work for all others
            _log.exception("issues_not_read", project_id=reading.project_id)
        read += 1
