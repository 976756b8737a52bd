"""Forgetting what projects no longer want kept."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from jackfield.kit.errors import HubError
from jackfield.kit.ids import EventId, RequestId, RunId
from jackfield.projects import service as projects
from jackfield.projects.repo import all_projects
from jackfield.runtime import Hub
from jackfield.worker.repo import Kept

_EVERY_SECONDS: Final = 3600.0

_log = structlog.get_logger()


async def run(hub: Hub) -> None:
    """Prune every hour until cancelled."""
    while True:
        try:
            await prune(hub)
        except HubError as error:
            _log.error("logs_not_pruned", code=error.code, detail=error.detail)
        await asyncio.sleep(_EVERY_SECONDS)


async def prune(hub: Hub) -> None:
    """Remove runs, requests and events that are older than their project's `retention_days`."""
    for project in await all_projects(hub.db):
        settings = await projects.project_settings(hub, project.id)
        before = hub.clock() - timedelta(days=settings.retention_days)
        async with hub.db.write(project.id) as tx:
            kept = Kept(tx)
            await kept.drop_runs(RunId.floor(before))
            await kept.drop_requests(RequestId.floor(before))
            await kept.drop_events(EventId.floor(before))
