"""Permission reports of accounts: read the latest one, or probe again."""

from jackfield.accounts.access import load
from jackfield.accounts.permissions.models import Permissions, ProbeReport
from jackfield.accounts.permissions.probes import probe
from jackfield.accounts.permissions.repo import PermissionReports
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.runtime import Hub


async def read_permissions(hub: Hub, project_id: ProjectId, account_id: str) -> Permissions:
    """Tell what was last found out; the provider is not asked."""
    async with hub.db.read(project_id) as tx:
        access = await load(tx, hub, account_id, method_required=False)
        account = access.account
        kept = await PermissionReports(tx).find(account.id, generation=account.generation)
    return Permissions.of(account, access.connector, access.method, kept)


async def probe_permissions(
    hub: Hub, project_id: ProjectId, actor: Actor, account_id: str
) -> Permissions:
    """
    Find out anew what an account's credentials may do, and keep it.

    Nothing changes at the provider: it is asked for what only reads, or for what it refuses.
    """
    async with hub.db.read(project_id) as tx:
        asked = await load(tx, hub, account_id)
    findings = await probe(hub, asked)
    async with hub.db.write(project_id, actor) as tx:
        # The account may have gone, or been linked anew, while the provider was asked.
        access = await load(tx, hub, account_id, method_required=False)
        account = access.account
        found = ProbeReport(account.id, asked.account.generation, tx.now, findings)
        if account.generation == found.generation:
            await PermissionReports(tx).keep(found)
        kept = await PermissionReports(tx).find(account.id, generation=account.generation)
    return Permissions.of(account, access.connector, access.method, kept)
