"""Finding out, and telling, what an account's credentials may do."""

from jackfield.accounts.models import Account
from jackfield.accounts.opening import method_of, open_account
from jackfield.accounts.permissions.models import Permissions, ProbeReport
from jackfield.accounts.permissions.probes import probe
from jackfield.accounts.permissions.repo import PermissionReports
from jackfield.accounts.repo import Accounts
from jackfield.kit.ids import ProjectId
from jackfield.runtime import Hub


async def read_permissions(hub: Hub, project_id: ProjectId, account_id: str) -> Permissions:
    """Tell what was last found out; the provider is not asked."""
    async with hub.db.read(project_id) as tx:
        account = await Accounts(tx).get(account_id)
        kept = await PermissionReports(tx).find(account.id, generation=account.generation)
    return _permissions(hub, account, kept)


async def probe_permissions(hub: Hub, project_id: ProjectId, account_id: str) -> Permissions:
    """
    Find out anew what an account's credentials may do, and keep it.

    Nothing changes at the provider: it is asked for what only reads, or for what it refuses.
    """
    opened = await open_account(hub, project_id, account_id)
    findings = await probe(hub, opened)
    async with hub.db.write(project_id) as tx:
        # The account may have gone, or been linked anew, while the provider was asked.
        account = await Accounts(tx).get(account_id)
        found = ProbeReport(account.id, opened.account.generation, tx.now, findings)
        if account.generation == found.generation:
            await PermissionReports(tx).keep(found)
        kept = await PermissionReports(tx).find(account.id, generation=account.generation)
    return _permissions(hub, account, kept)


def _permissions(hub: Hub, account: Account, probed: ProbeReport | None) -> Permissions:
    connector = hub.catalog.get(account.provider)
    return Permissions.of(account, connector, method_of(connector, account), probed)
