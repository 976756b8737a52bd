"""Upkeep of the audit log: tallies become records, chains are signed, and old records pruned."""

from typing import Final

from jackfield.audit import chain, service
from jackfield.audit.models import AuditKind
from jackfield.audit.pushes.service import Pusher, push_due
from jackfield.audit.repo import all_chains, chains_to_sign, projects_with_tallies
from jackfield.kit.actor import Actor
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("audit")
_PRUNED_AT_ONCE: Final = 1000


async def seal_due(hub: Hub) -> None:
    """
    Make records of the tallies that are due, and sign each chain that ends unsigned.

    Any process may: transactions of one project take turns, and the second finds nothing to do.
    """
    for project_id in await projects_with_tallies(hub.db):
        more = True
        while more:
            async with hub.db.write(project_id, ACTOR) as tx:
                more = await service.seal(tx)
    for project_id in await chains_to_sign(hub.db):
        async with hub.db.write(project_id, ACTOR) as tx:
            await chain.sign(tx, hub.vault.audit_keys)


async def push(hub: Hub, *, is_hurried: bool = False) -> int:
    """Push to the sinks what they do not have; return the number of records that were taken."""
    if not hub.sinks:
        return 0
    pusher = Pusher(
        hub.db, hub.egress, hub.vault.audit_keys, hub.clock, hub.sinks, hub.sink_secrets
    )
    return await push_due(pusher, is_hurried=is_hurried)


async def prune(hub: Hub, *, at_once: int = _PRUNED_AT_ONCE) -> None:
    """Delete records older than the log is kept, in each chain from its beginning on."""
    before = hub.clock() - hub.audit_retention
    for project_id in await all_chains(hub.db):
        pruned, count = 0, at_once
        while count == at_once:
            async with hub.db.write(project_id, ACTOR) as tx:
                count = await chain.prune(tx, hub.vault.audit_keys, before=before, most=at_once)
            pruned += count
        if pruned:
            async with hub.db.write(project_id, ACTOR) as tx:
                details = {"records": pruned, "before": before}
                await service.record(tx, AuditKind.AUDIT_PRUNED, details=details)
