"""Noticing that connectors changed, so that an author sees a change without a restart."""

import asyncio
from typing import Final

import structlog

from jackfield.kit.errors import HubError
from jackfield.profiles import service as profiles
from jackfield.profiles.events import announce_versions
from jackfield.projects.repo import all_projects
from jackfield.runtime import Hub

_EVERY_SECONDS: Final = 1.0

_log = structlog.get_logger()


async def run(hub: Hub) -> None:
    """Look for changes every second until cancelled."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            await reload(hub)
        except (HubError, OSError) as error:
            _log.error("connectors_not_reloaded", detail=str(error))


async def reload(hub: Hub) -> bool:
    """
    Take on what changed in the connectors' folders, and say whether anything did.

    New connectors that need nothing from an operator can be linked at once. One that no longer
    loads stays as it last was; the log says why.
    """
    # Beside the event loop: a large connector takes a moment, and nobody should wait for it.
    if not await asyncio.to_thread(hub.catalog.reload_if_changed):
        return False
    for finding in hub.catalog.findings:
        _log.error("connector_not_loaded", finding=str(finding))
    _log.info("connectors_reloaded", count=len(hub.catalog.connectors()))
    for project in await all_projects(hub.db):
        await profiles.ensure_defaults(hub, project.id)
        await announce_versions(hub, project.id)
    return True
