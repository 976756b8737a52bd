"""
Credential rotation of an account through the API.

They are asked about like any that a person enters: what the provider refuses is never kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jackfield.accounts.access import load, open_fields
from jackfield.accounts.models import Account
from jackfield.accounts.repo import Accounts
from jackfield.accounts.verification import Candidate, VerifiedCredentials, verify
from jackfield.connect.linking import require_fields
from jackfield.connect.models import SessionTerms
from jackfield.connect.verified_account import LinkTarget, require_same_identity, save_account
from jackfield.db.tx import Tx
from jackfield.kit.errors import Conflict
from jackfield.kit.ids import ProjectId
from jackfield.runtime import Hub
from jackfield.vault.cipher import Vault


class LinkedMeanwhile(Conflict):
    """The account got other credentials while these were checked; read it, and decide again."""

    code = "linked_meanwhile"


@dataclass(frozen=True, slots=True)
class Rotation:
    """Verified credentials for an account as it was when they were."""

    verified: VerifiedCredentials
    account: Account


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
    before = open_fields(hub, access)
    values = require_fields(access.method, {**before, **submitted})
    if values == before:
        return None
    verified = await verify(hub, Candidate.replacing(access, values))
    return Rotation(verified, access.account)


async def apply_rotation(
    tx: Tx, vault: Vault, replacement: Rotation, *, confirm_identity_change: bool
) -> Account:
    """
    Put verified credentials in place of those an account has.

    Raises:
        AccountNotFound: it was deleted meanwhile.
        LinkedMeanwhile: it got other credentials.
        IdentityChanged: they are not of the account at the provider that was linked until now.
    """
    verified, before = replacement.verified, replacement.account
    current = await Accounts(tx).get(before.id)
    if current.generation != before.generation:
        raise LinkedMeanwhile
    terms = SessionTerms(before.origin_owner_id, before.origin_owner_name)
    into = LinkTarget(terms, before.id)
    if not confirm_identity_change:
        await require_same_identity(tx, vault, verified, into)
    return await save_account(tx, vault, verified, into)
