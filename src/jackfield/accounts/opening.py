"""An account with all it takes to ask its provider something."""

from dataclasses import dataclass, field

from jackfield.accounts import credentials as sealing
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.models import Account, AccountNotUsable
from jackfield.accounts.provider import ProviderAccount
from jackfield.accounts.repo import Accounts
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.kit.ids import ProjectId
from jackfield.profiles import service as profiles
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedSecrets


@dataclass(frozen=True, slots=True)
class Opened:
    project_id: ProjectId
    account: Account
    connector: Connector
    method: AuthMethod
    credentials: Credentials = field(repr=False)

    @property
    def at_provider(self) -> ProviderAccount:
        return ProviderAccount.of(
            self.project_id,
            self.account,
            connector=self.connector,
            credentials=self.credentials,
        )


async def open_account(hub: Hub, project_id: ProjectId, account_id: str) -> Opened:
    """
    Read an account, whatever its status, and open its credentials.

    Raises:
        AccountNotFound, AccountNotUsable, ConnectorNotFound: there is nothing to ask with.
    """
    async with hub.db.read(project_id) as tx:
        account = await Accounts(tx).get(account_id)
        sealed = await SealedSecrets(tx, hub.vault).sealed(sealing.owner_of(project_id, account))
        setup = await profiles.setup_of(tx, hub, await Profiles(tx).get(account.profile_id))
    connector = hub.catalog.get(account.provider)
    method = method_of(connector, account)
    opened = sealing.open_sealed(hub.vault, sealed, account, setup=setup)
    return Opened(project_id, account, connector, method, opened)


def method_of(connector: Connector, account: Account) -> AuthMethod:
    """
    Return the auth method an account was linked by.

    Raises:
        AccountNotUsable: the connector no longer has it.
    """
    method = connector.find_auth_method(account.auth_method)
    if method is None:
        msg = (
            f"the connector {connector.key!r} no longer has the auth method "
            f"{account.auth_method!r}; link the account again"
        )
        refused = AccountNotUsable(msg, account_id=account.id)
        refused.relink = account.id
        raise refused
    return method
