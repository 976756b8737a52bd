"""Reload of connectors whose files changed."""

import asyncio
from typing import Final

import structlog

from jackfield.kit.actor import Actor
from jackfield.runtime import Hub
from jackfield.uploads import publication

ACTOR: Final = Actor.worker("connectors")

_log = structlog.get_logger()


async def reload(hub: Hub) -> bool:
    """
    Load the connectors that changed in a folder or were published; return whether any did.

    New connectors that need nothing from an operator can be linked at once. A connector that no
    longer loads stays in its last state; the reason is logged.
    """
    # In a thread: a large connector takes a moment, which would block the event loop.
    changed = await asyncio.to_thread(hub.catalog.reload_if_changed)
    if not await publication.follow(hub) and not changed:
        return False
    log_findings(hub)
    _log.info("connectors_reloaded", count=len(hub.catalog.connectors()))
    await publication.offer(hub, ACTOR)
    return True


def log_findings(hub: Hub) -> None:
    """Say in the log which connectors were not loaded, and what is doubtful about those that were."""
    for finding in hub.catalog.findings:
        if finding.is_error:
            _log.error("connector_not_loaded", finding=str(finding))
        else:
            _log.info("connector_doubtful", finding=str(finding))
