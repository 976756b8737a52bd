"""Help for tests of issues."""

from datetime import datetime
from typing import Any

from jackfield.kit.ids import RunId
from jackfield.logs.runs.models import Run
from jackfield.logs.runs.repo import append_run
from jackfield.worker.issues import find_due
from tests.support.clock import FrozenClock
from tests.support.running import Running


async def look(hub: Running, clock: FrozenClock) -> None:
    """Have the log written, and issues found in it."""
    await hub.hub.write_buffer.flush()
    clock.advance(seconds=11)
    await find_due(hub.hub)


async def listed(hub: Running, query: str = "") -> list[dict[str, Any]]:
    response = await hub.api.get(f"/jackfield/issues{query}")
    assert response.status_code == 200, response.text
    return response.json()["data"]


def run_of(account_id: str, at: datetime, **given: Any) -> Run:
    values: dict[str, Any] = {
        "id": RunId.new(at),
        "account_id": account_id,
        "provider": "iterable",
        "action_id": "iterable_list_channels",
        "source": "api",
        "success": False,
        "status_code": 429,
        "error_code": "provider_rate_limited",
        "message": "Retry later.",
        "started_at": at,
        "duration_ms": 5,
    }
    return Run(**{**values, **given})


async def write_log(hub: Running, *runs: Run) -> None:
    for run in runs:
        append_run(hub.hub.write_buffer, hub.project.id, run)
    await hub.hub.write_buffer.flush()
