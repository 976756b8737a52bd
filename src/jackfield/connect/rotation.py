"""Other credentials for an account, given by the project's own software: a key rotated by a script.

They are asked about like any that a person enters: what the provider refuses is never kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jackfield.accounts.access import load, open_fields
from jackfield.accounts.check import check_credential
from jackfield.accounts.credentials import Credentials, secrets_of
from jackfield.accounts.identity import find_identity
from jackfield.accounts.models import Account
from jackfield.accounts.provider import ProviderAccount
from jackfield.accounts.repo import Accounts
from jackfield.connect.linking import require_fields
from jackfield.connect.models import SessionTerms
from jackfield.connect.verified_account import (
    VerifiedCredentials,
    require_same_identity,
    save_account,
)
from jackfield.db.tx import Tx
from jackfield.kit.errors import Conflict
from jackfield.kit.ids import ProjectId
from jackfield.profiles import service as profiles
from jackfield.runtime import Hub
from jackfield.vault.cipher import Vault


class LinkedMeanwhile(Conflict):
    """The account got other credentials while these were checked; read it, and decide again."""

    code = "linked_meanwhile"


@dataclass(frozen=True, slots=True)
class Rotation:
    """Credentials that the provider accepts, for an account as it was at `generation`."""

    proven: VerifiedCredentials
    generation: int


async def verify_rotation(
    hub: Hub, project_id: ProjectId, account_id: str, submitted: Mapping[str, str]
) -> Rotation | None:
    """
    Ask the provider about an account's credentials with what was `submitted`, by field.

    A field that was not stays as it is; where all are as they were, there is nothing to ask.

    Raises:
        AccountNotFound, AccountNotUsable, ConnectorNotFound: there is nothing to ask with.
        InvalidFields: a field is malformed, or not one of the auth method's.
        CredentialRejected: the provider says no, and why.
        ProviderError: the provider could not be asked.
    """
    async with hub.db.read(project_id) as tx:
        access = await load(tx, hub, account_id)
        setup = await profiles.setup_of(tx, hub, access.profile)
    account, method = access.account, access.method
    before = open_fields(hub, access)
    values = require_fields(method, {**before, **submitted})
    if values == before:
        return None
    secrets = secrets_of(method, values)
    tried = Credentials.of(values, secrets=secrets.values(), setup=setup)
    asked = ProviderAccount.of(access, tried)
    await check_credential(hub, asked, method)
    identity = await find_identity(hub, asked, method)
    terms = SessionTerms(account.origin_owner_id, account.origin_owner_name)
    proven = VerifiedCredentials(terms, access.profile, method, values, identity, account.id)
    return Rotation(proven, account.generation)


async def apply_rotation(
    tx: Tx, vault: Vault, replacement: Rotation, *, confirm_identity_change: bool
) -> Account:
    """
    Put proven credentials in place of those an account has.

    Raises:
        AccountNotFound: it was deleted meanwhile.
        LinkedMeanwhile: it got other credentials.
        IdentityChanged: they are not of the account at the provider that was linked until now.
    """
    proven = replacement.proven
    current = await Accounts(tx).get(proven.account_id or "")
    if current.generation != replacement.generation:
        raise LinkedMeanwhile
    if not confirm_identity_change:
        await require_same_identity(tx, vault, proven)
    return await save_account(tx, vault, proven)
