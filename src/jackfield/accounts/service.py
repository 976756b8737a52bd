"""Operations on linked accounts: add, change, suspend, resume, check, remove."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import structlog

from jackfield.accounts import credentials as sealing
from jackfield.accounts import decoy_alarm, pauses
from jackfield.accounts.access import AccountAccess, load
from jackfield.accounts.audit import record_account
from jackfield.accounts.credentials import NewCredentials
from jackfield.accounts.decoys.models import Touch
from jackfield.accounts.health.reasons import reason_of
from jackfield.accounts.health.repo import AccountChecks
from jackfield.accounts.health.schedule import next_check
from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.identity import forget_identity
from jackfield.accounts.models import (
    SUSPENDED,
    Account,
    AccountStatus,
    CredentialRejected,
    CredentialsUnreadable,
    LinkChange,
    PausedByOwner,
    StatusReason,
)
from jackfield.accounts.renewal import service as renewal
from jackfield.accounts.repo import Accounts
from jackfield.accounts.status import (
    ERASED,
    UNREADABLE,
    announce,
    fail,
    is_erased,
    must_be_relinked,
    payload_of,
    save_changed,
    update_status,
    usable_status,
)
from jackfield.accounts.tokens.store import put_tokens, remove_tokens
from jackfield.accounts.verification import rejection, verify_account
from jackfield.audit.models import AuditKind
from jackfield.audit.tallies import Use
from jackfield.db.tx import Tx
from jackfield.engine.oauth.errors import GrantRefused
from jackfield.events.models import EventType
from jackfield.events.repo import Events
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError, ProviderError
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.kit.json import Json
from jackfield.profiles import service as profiles
from jackfield.profiles.models import Profile, ProfileOfOtherConnector
from jackfield.profiles.repo import Profiles
from jackfield.profiles.setup import leads_elsewhere
from jackfield.runtime import Hub
from jackfield.secrets.repo import ShreddingKeys
from jackfield.secrets.store import SealedSecrets, remove_secrets
from jackfield.vault.cipher import Vault

_CHECK: Final = "check of credentials"

_log = structlog.get_logger()


async def add(
    tx: Tx, vault: Vault, account: Account, given: NewCredentials, *, is_decoy: bool = False
) -> Account:
    """Store a new account, with its credentials sealed; a decoy is not told of, nor checked."""
    account = replace(account, public_values=given.public)
    await Accounts(tx).add(account)
    await _seal(tx, vault, account, given)
    await AccountHistory(tx).add(account.id, ChangeKind.LINKED)
    if not is_decoy:
        await AccountChecks(tx).schedule(account, next_check(tx.now))
        await announce(tx, EventType.ACCOUNT_CREATED, account)
    await record_account(tx, AuditKind.ACCOUNT_LINKED, None, account)
    return account


async def replace_credentials(
    tx: Tx,
    vault: Vault,
    account: Account,
    given: NewCredentials,
    *,
    changes: tuple[LinkChange, ...] = (LinkChange.CREDENTIALS,),
) -> Account:
    """
    Replace an account's credentials, and its tokens; it can be used again unless it is suspended.

    The project is told of the `changes`, also that they belong to another account at the provider.
    """
    # Taken back only by who did it; who was suspended for good is to be linked again.
    paused = tuple(each for each in account.status_reasons if each.code in pauses.KEPT)
    before, account = (
        account,
        replace(
            account,
            auth_method=given.method.key,
            public_values=given.public,
            status=account.status if paused else await usable_status(tx, account),
            status_reasons=paused,
            generation=account.generation + 1,
            updated_at=tx.now,
        ),
    )
    await Accounts(tx).save(account)
    await _seal(tx, vault, account, given)
    await AccountChecks(tx).schedule(account, next_check(tx.now))
    swaps = LinkChange.IDENTITY in changes
    detail = "Another account at the provider" if swaps else ""
    await AccountHistory(tx).add(account.id, ChangeKind.RELINKED, detail)
    payload = payload_of(tx, EventType.ACCOUNT_UPDATED, account, changes=changes)
    await Events(tx).add([payload])
    await record_account(tx, AuditKind.CREDENTIALS_REPLACED, before, account, changes=changes)
    return account


async def change(
    tx: Tx, hub: Hub, account_id: str, values: Mapping[str, Json], *, profile_id: str | None = None
) -> Account:
    """
    Change an account: `values` by field name.

    With `profile_id` it moves to another connector profile of the same connector and auth method.

    Raises:
        AccountNotFound, ProfileNotFound: the project has none with this id.
        ProfileDisabled: the profile is switched off.
        ProfileOfOtherConnector: it is of another connector, auth method or address.
    """
    before = await Accounts(tx).get(account_id)
    account, changes = replace(before, **values), tuple[LinkChange, ...]()
    if profile_id not in (None, account.profile_id):
        profile = await Profiles(tx).get(profile_id)
        await _require_same_address(tx, hub, account, profile)
        account, changes = await _moved(tx, account, profile), (LinkChange.PROFILE,)
    if edited := _differences(before, account):
        await AccountHistory(tx).add(account.id, ChangeKind.EDITED, ", ".join(edited))
    return await save_changed(tx, account, changes=changes)


async def remove(tx: Tx, account: Account, revocation: object) -> None:
    """Delete an account and its credentials; what became of their revocation is told."""
    await erase_credentials(tx, account.id)
    await forget_identity(tx, account.id)
    await ShreddingKeys(tx).destroy(account.id)
    await Accounts(tx).remove(account.id)
    await announce(tx, EventType.ACCOUNT_DELETED, account, revocation=revocation)
    await record_account(tx, AuditKind.ACCOUNT_DELETED, account, None)


async def erase_credentials(tx: Tx, *account_ids: AccountId) -> None:
    """Delete the secrets and tokens of accounts."""
    await remove_secrets(tx, *account_ids)
    await remove_tokens(tx, *account_ids)


async def suspend(tx: Tx, account_id: str) -> Account:
    account = await Accounts(tx).get(account_id)
    paused = pauses.owners_pause(account)
    if account.status is AccountStatus.SUSPENDED and not pauses.is_paused_only(account):
        return account
    reason = StatusReason(SUSPENDED, "An operator paused the account.", tx.now)
    await AccountHistory(tx).add(account.id, ChangeKind.SUSPENDED)
    return await save_changed(
        tx, replace(account, status=AccountStatus.SUSPENDED, status_reasons=(*paused, reason))
    )


async def resume(tx: Tx, account_id: str) -> Account:
    """
    End the project's suspension; the account stays suspended if its owner paused it.

    Raises:
        AccountNotFound: the project has no such account.
        PausedByOwner: nothing but its owner's pause keeps it suspended.
    """
    account = await Accounts(tx).get(account_id)
    if account.status is not AccountStatus.SUSPENDED:
        return account
    if is_erased(account):
        words = "It was suspended for good, and has no credentials. Link it again."
        reason = StatusReason(ERASED, words, tx.now)
        return await fail(tx, account, reason)
    if pauses.is_paused_only(account):
        raise PausedByOwner(account_id=account.id)
    paused = pauses.owners_pause(account)
    status = AccountStatus.SUSPENDED if paused else await usable_status(tx, account)
    await AccountHistory(tx).add(account.id, ChangeKind.RESUMED)
    return await save_changed(tx, replace(account, status=status, status_reasons=paused))


async def check(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    account_id: str,
    *,
    refused: HubError | None = None,
) -> Account:
    """
    Verify an account's credentials at the provider, and update its status.

    A suspended account stays suspended, and one whose profile is disabled inactive. Where nothing
    can be verified, what an action was `refused` with counts if the connector knows it.

    Raises:
        ProviderError: they could not be verified; the account is left as it was.
    """
    async with hub.db.read(project_id) as tx:
        access = await load(tx, hub, account_id)
    if access.is_decoy:
        await decoy_alarm.touched(hub, project_id, actor, access.account, Touch.CHECK)
    refusal: StatusReason | None = None
    try:
        await _verify_with_tokens(hub, access)
        _require_unknown(access, refused)
    except GrantRefused:
        # Noted at the account already.
        async with hub.db.read(project_id) as tx:
            return await Accounts(tx).get(account_id)
    except CredentialRejected as rejected:
        refusal = reason_of(hub, access, rejected)
    except CredentialsUnreadable as damaged:
        refusal = StatusReason(UNREADABLE, damaged.detail, hub.clock())
    account = access.account
    use: Use = (actor, account.id, _CHECK, "read", account.provider, refusal is None)
    hub.tallies.note_use(project_id, use, hub.clock())
    if refusal is None and must_be_relinked(access.account):
        # Its last access token may be good for a while.
        return access.account
    async with hub.db.write(project_id, actor) as tx:
        return await update_status(tx, access.account, refusal)


async def recheck(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    account: Account,
    *,
    refused: HubError | None = None,
) -> str | None:
    """Verify credentials that were rejected; return the account's id if it must be linked again."""
    try:
        checked = await check(hub, project_id, actor, account.id, refused=refused)
    except HubError as error:
        _log.warning("account_not_checked", account_id=account.id, code=error.code)
        return None
    return checked.id if checked.needs_relinking else None


async def _verify_with_tokens(hub: Hub, access: AccountAccess) -> None:
    """Verify an account's credentials, if they are refused once more with other tokens."""
    access = await renewal.with_fresh_tokens(hub, access)
    try:
        await verify_account(hub, access)
    except CredentialRejected:
        renewed = await renewal.after_refusal(hub, access)
        if renewed is None:
            raise
        await verify_account(hub, renewed)


def _require_unknown(access: AccountAccess, refused: HubError | None) -> None:
    """Raise if nothing was verified, and an action's refusal is one that the connector knows."""
    if access.method.test_actions or not isinstance(refused, ProviderError):
        return
    known = access.method.find_known(refused, access.account.public_values)
    if known is not None:
        raise rejection(refused, known)


def _differences(before: Account, after: Account) -> list[str]:
    """Return the words for the fields that an edit changes."""
    return [
        words for name, words in _EDITED.items() if getattr(before, name) != getattr(after, name)
    ]


_EDITED: Final[Mapping[str, str]] = {
    "origin_owner_id": "customer id",
    "origin_owner_name": "customer name",
    "origin_username": "user",
    "label": "label",
    "metadata": "metadata",
    "shared": "shared",
    "type": "type",
    "profile_id": "profile",
}


async def _require_same_address(tx: Tx, hub: Hub, account: Account, profile: Profile) -> None:
    """Make sure that the account's secrets do not go elsewhere without being given again."""
    if profile.connector_key != account.provider:
        return
    own = await profiles.readable_setup_of(tx, hub, await Profiles(tx).get(account.profile_id))
    if leads_elsewhere(hub, profile, own, await profiles.readable_setup_of(tx, hub, profile)):
        msg = f"{profile.name!r} leads to another address of the provider; link the account again"
        raise ProfileOfOtherConnector(msg, profile_id=profile.id)


async def _moved(tx: Tx, account: Account, profile: Profile) -> Account:
    linked = (account.provider, account.auth_method, account.environment)
    if linked != (profile.connector_key, profile.auth_method, profile.environment):
        msg = (
            f"{profile.name!r} is a connector profile of {profile.connector_key!r} with "
            f"{profile.auth_method!r} ({profile.environment}); the account is linked to "
            f"{account.provider!r} with {account.auth_method!r} ({account.environment})"
        )
        raise ProfileOfOtherConnector(msg, profile_id=profile.id)
    profile.require_active()
    account = replace(account, profile_id=profile.id)
    if account.status is not AccountStatus.INACTIVE:
        return account
    return replace(account, status=await usable_status(tx, account), status_reasons=())


async def _seal(tx: Tx, vault: Vault, account: Account, given: NewCredentials) -> None:
    await SealedSecrets(tx, vault).put(sealing.owner_of(tx.project_id, account), given.secrets)
    if given.tokens is None:
        await remove_tokens(tx, account.id)
    else:
        await put_tokens(tx, vault, account, given.tokens, method=given.method)
