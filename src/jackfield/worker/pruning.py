"""Pruning of expired rows."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from jackfield.kit.actor import Actor
from jackfield.projects import service as projects
from jackfield.projects.repo import all_projects
from jackfield.runtime import Hub
from jackfield.webhooks import secrets
from jackfield.worker.repo import Retention

ACTOR: Final = Actor.worker("pruning")
# So few that other writers hardly wait.
_AT_ONCE: Final = 1000
_STEPS: Final[tuple[Callable[[Retention], Awaitable[bool]], ...]] = (
    Retention.drop_run_bodies,
    Retention.drop_runs,
    Retention.drop_requests,
    Retention.drop_deliveries,
    Retention.drop_events,
)


async def prune(hub: Hub, *, at_once: int = _AT_ONCE) -> None:
    """
    Remove runs, requests and events that are older than their project's `retention_days`.

    `at_once` is the number of rows of a transaction: the first run may delete years of logs.
    """
    for project in await all_projects(hub.db):
        settings = await projects.project_settings(hub, project.id)
        before = hub.clock() - timedelta(days=settings.retention_days)
        for step in _STEPS:
            more = True
            while more:
                async with hub.db.write(project.id, ACTOR) as tx:
                    more = await step(Retention(tx, before=before, most=at_once))
        async with hub.db.write(project.id, ACTOR) as tx:
            await secrets.forget_previous(tx)
