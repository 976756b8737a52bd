"""Runs written into the log without being run."""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from jackfield.kit.ids import RunId
from jackfield.logs.runs.models import Run
from jackfield.logs.runs.repo import append_run
from tests.support.clock import NOW
from tests.support.running import Running

USUAL = Run(
    id=RunId(""), account_id="acc_1", provider="iterable", action_id="iterable_list_lists",
    source="api", success=True, status_code=200, error_code=None, message=None, started_at=NOW,
    duration_ms=40, mode="production", origin_owner_id="acme", origin_owner_name="Acme Inc.",
)  # fmt: skip
REFUSED: dict[str, Any] = {"success": False, "status_code": 401, "error_code": "bad_key"}


async def log_runs(
    hub: Running, *runs: dict[str, Any], until: datetime = NOW, seconds: float = 1
) -> list[RunId]:
    """Log runs some seconds apart, the newest last and that long before `until`."""
    ids: list[RunId] = []
    for number, differences in enumerate(runs):
        at = until - timedelta(seconds=seconds * (len(runs) - number))
        run = replace(USUAL, id=RunId.new(at), started_at=at, **differences)
        append_run(hub.hub.write_buffer, hub.project.id, run)
        ids.append(run.id)
    await hub.hub.write_buffer.flush()
    return ids
