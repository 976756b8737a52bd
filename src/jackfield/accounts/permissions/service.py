"""Permission reports of accounts: read the latest one, or probe again."""

from jackfield.accounts import decoy_alarm
from jackfield.accounts import service as accounts
from jackfield.accounts.access import load
from jackfield.accounts.decoys.models import Touch
from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.models import CredentialsUnreadable
from jackfield.accounts.permissions.models import Permissions, ProbeReport
from jackfield.accounts.permissions.probes import probe
from jackfield.accounts.permissions.repo import PermissionReports
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.runtime import Hub


async def read_permissions(hub: Hub, project_id: ProjectId, account_id: str) -> Permissions:
    """Return the latest report; no request is sent to the provider."""
    async with hub.db.read(project_id) as tx:
        access = await load(tx, hub, account_id, method_required=False)
        account = access.account
        kept = await PermissionReports(tx).find(account.id, generation=account.generation)
    return Permissions.of(account, access.connector, access.method, kept)


async def probe_permissions(
    hub: Hub, project_id: ProjectId, actor: Actor, account_id: str
) -> Permissions:
    """
    Run the probes of an account's credentials, and store the report.

    Nothing changes at the provider: probes only read, or are requests that it refuses.
    """
    async with hub.db.read(project_id) as tx:
        probed = await load(tx, hub, account_id)
    if probed.is_decoy:
        await decoy_alarm.touched(hub, project_id, actor, probed.account, Touch.PROBE)
    try:
        findings = await probe(hub, probed)
    except CredentialsUnreadable:
        await accounts.check(hub, project_id, actor, account_id)
        raise
    async with hub.db.write(project_id, actor) as tx:
        # The account may have been deleted, or linked again, during the probes.
        access = await load(tx, hub, account_id, method_required=False)
        account = access.account
        report = ProbeReport(account.id, probed.account.generation, tx.now, findings)
        if account.generation == report.generation:
            await PermissionReports(tx).keep(report)
            await AccountHistory(tx).add(account.id, ChangeKind.PROBED)
        kept = await PermissionReports(tx).find(account.id, generation=account.generation)
    return Permissions.of(account, access.connector, access.method, kept)
