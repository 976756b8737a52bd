"""Revocations whose process died: they are finished here."""

import asyncio
from typing import Final

import structlog

from jackfield.accounts.revocation.models import BegunRevocation
from jackfield.accounts.revocation.repo import claim_interrupted
from jackfield.accounts.revocation.service import LEASE, finish
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("revocations")

_log = structlog.get_logger()


async def finish_interrupted(hub: Hub) -> None:
    """Finish what was begun: no account stays half ended, and no credential is kept for it."""

    async def finish_one(begun: BegunRevocation) -> None:
        try:
            await finish(hub, begun, ACTOR)
        except HubError as error:
            _log.error("revocation_not_finished", account_id=begun.account_id, code=error.code)

    # Together: each takes as long as its provider, and the leases end at the same time.
    begun = await claim_interrupted(hub.db, until=hub.clock() + LEASE)
    await asyncio.gather(*map(finish_one, begun))
