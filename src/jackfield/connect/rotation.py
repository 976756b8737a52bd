"""
Credential rotation of an account through the API.

They are verified like those that a person enters: rejected credentials are never stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jackfield.accounts.access import load, open_fields
from jackfield.accounts.models import Account
from jackfield.accounts.verification import Candidate, VerifiedCredentials
from jackfield.connect.linking import require_changes, require_no_sign_in, verify_fields
from jackfield.connect.models import SessionTerms
from jackfield.connect.verified_account import (
    LinkTarget,
    require_same_identity,
    require_unmoved,
    save_account,
)
from jackfield.db.tx import Tx
from jackfield.kit.ids import ProjectId
from jackfield.runtime import Hub
from jackfield.vault.cipher import Vault


@dataclass(frozen=True, slots=True)
class Rotation:
    """Verified credentials, and the account as it was before their verification."""

    verified: VerifiedCredentials
    account: Account


async def verify_rotation(
    hub: Hub, project_id: ProjectId, account_id: str, submitted: Mapping[str, str]
) -> Rotation | None:
    """
    Verify an account's credentials with the fields that were `submitted`.

    The other fields stay as they are. Returns `None` if no field changes.

    Raises:
        AccountNotFound, AccountNotUsable: they cannot be verified.
        InvalidFields: a field is malformed, not one of the auth method's, or a secret is to be
            given again because the address it is sent to changes.
        SignInRequired: they come from a sign-in at the provider.
        CredentialRejected: the provider rejects them.
        ProviderError: the provider could not be reached, or failed.
    """
    async with hub.db.read(project_id) as tx:
        access = await load(tx, hub, account_id)
    before = open_fields(hub, access)
    values = require_changes(access, before, submitted)
    if values == before:
        return None
    require_no_sign_in(access.method)
    verified = await verify_fields(hub, Candidate.replacing(access, values))
    return Rotation(verified, access.account)


async def apply_rotation(
    tx: Tx, vault: Vault, rotation: Rotation, *, confirm_identity_change: bool
) -> Account:
    """
    Replace an account's credentials by verified ones.

    Raises:
        AccountNotFound: it was deleted meanwhile.
        LinkedMeanwhile: its credentials changed meanwhile.
        IdentityChanged: they belong to another account at the provider.
    """
    verified, before = rotation.verified, rotation.account
    terms = SessionTerms(before.origin_owner_id, before.origin_owner_name)
    into = LinkTarget(terms, before.id, before)
    await require_unmoved(tx, into)
    if not confirm_identity_change:
        await require_same_identity(tx, vault, verified, into)
    return await save_account(tx, vault, verified, into)
