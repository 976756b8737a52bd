"""Reload of connectors whose files changed."""

import asyncio
from typing import Final

import structlog

from jackfield.kit.actor import Actor
from jackfield.profiles import service as profiles
from jackfield.profiles.events import announce_versions
from jackfield.projects.repo import all_projects
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("connectors")

_log = structlog.get_logger()


async def reload(hub: Hub) -> bool:
    """
    Load the connectors whose files changed, and return whether any did.

    New connectors that need nothing from an operator can be linked at once. A connector that no
    longer loads stays in its last state; the reason is logged.
    """
    # In a thread: a large connector takes a moment, which would block the event loop.
    if not await asyncio.to_thread(hub.catalog.reload_if_changed):
        return False
    log_findings(hub)
    _log.info("connectors_reloaded", count=len(hub.catalog.connectors()))
    for project in await all_projects(hub.db):
        await profiles.ensure_defaults(hub, project.id, ACTOR)
        await announce_versions(hub, project.id, ACTOR)
    return True


def log_findings(hub: Hub) -> None:
    """Say in the log which connectors were not loaded, and what is doubtful about those that were."""
    for finding in hub.catalog.findings:
        if finding.is_error:
            _log.error("connector_not_loaded", finding=str(finding))
        else:
            _log.info("connector_doubtful", finding=str(finding))
