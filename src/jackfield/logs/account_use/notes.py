"""Notes of when accounts were used: of each every few minutes, so that calls hardly cost more."""

import time
from typing import Final

from jackfield.kit.ids import ProjectId, RunId
from jackfield.logs.account_use.repo import append_use
from jackfield.runtime import Hub

SECONDS: Final = 300.0
_MOST_KNOWN: Final = 100_000


def note_use(hub: Hub, project_id: ProjectId, account_id: str, run_id: RunId) -> None:
    """Note an account's use with the next rows of the log, unless this process did so lately."""
    now, noted = time.monotonic(), hub.noted_uses
    if noted.get(account_id, 0.0) > now:
        return
    if len(noted) >= _MOST_KNOWN:
        noted.clear()
    noted[account_id] = now + SECONDS
    append_use(hub.write_buffer, project_id, account_id, run_id)
