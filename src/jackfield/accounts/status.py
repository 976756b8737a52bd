"""Status of accounts: changes of it, and their events."""

from dataclasses import replace
from typing import Final

from msgspec import UNSET

from jackfield.accounts.audit import record_account
from jackfield.accounts.health.repo import AccountChecks
from jackfield.accounts.health.schedule import next_check, next_try
from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.models import (
    Account,
    AccountStatus,
    CredentialsUnreadable,
    LinkChange,
    StatusReason,
)
from jackfield.accounts.reconnect import reconnect
from jackfield.accounts.repo import Accounts
from jackfield.audit.models import AuditKind
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.payloads import AccountPayload
from jackfield.events.repo import Events
from jackfield.kit.errors import summary
from jackfield.profiles.repo import Profiles

UNREADABLE: Final = "credentials_unreadable"
ERASED: Final = "credentials_erased"
ENDING: Final = "ending"
# Its credentials were to be revoked, and are alive at the provider, or perhaps.
SURVIVED: Final = "revocation_survived"
UNPROVED: Final = "revocation_unproved"
_ENDS: Final = frozenset({ENDING, SURVIVED, UNPROVED})
PAUSED: Final = frozenset({AccountStatus.SUSPENDED, AccountStatus.INACTIVE})
NEEDS_RELINK: Final = "needs_relink"


def must_be_relinked(account: Account) -> bool:
    """Tell whether the provider said that it no longer honors the account's sign-in."""
    return any(each.code == NEEDS_RELINK for each in account.status_reasons)


async def mark_unreadable(tx: Tx, account_id: str) -> None:
    """Note that an account's credentials are lost, unless it is not in use anyway."""
    account = await Accounts(tx).get(account_id)
    await update_status(
        tx, account, StatusReason(UNREADABLE, summary(CredentialsUnreadable), tx.now)
    )


async def update_status(tx: Tx, checked: Account, reason: StatusReason | None) -> Account:
    """
    Note what a check of an account's credentials found; without a `reason` they are good.

    What was known before changes nothing but the time it was last seen, and is not announced again.
    """
    account = await Accounts(tx).get(checked.id)
    if account.generation != checked.generation or account.status in PAUSED:
        # The credential was replaced meanwhile, or the result changes nothing.
        return account
    if reason is None:
        await AccountChecks(tx).schedule(account, next_check(tx.now))
        if account.status is AccountStatus.ACTIVE:
            await AccountHistory(tx).add(account.id, ChangeKind.CHECKED)
            return account
        await AccountHistory(tx).add(account.id, ChangeKind.RECOVERED)
        return await save_changed(
            tx, replace(account, status=AccountStatus.ACTIVE, status_reasons=())
        )
    known = next((each for each in account.status_reasons if each.code == reason.code), None)
    reason = reason if known is None else replace(reason, since=known.since)
    await AccountChecks(tx).schedule(account, next_try(reason, tx.now))
    if known is not None and account.status is AccountStatus.ERROR:
        failing = replace(account, status_reasons=(reason,))
        await Accounts(tx).save(failing)
        return failing
    return await fail(tx, account, reason)


async def fail(tx: Tx, account: Account, reason: StatusReason) -> Account:
    """Note that an account cannot be used until it is linked again, and tell so."""
    failing = replace(account, status=AccountStatus.ERROR, status_reasons=(reason,))
    failing = await save_changed(tx, failing)
    await AccountHistory(tx).add(account.id, ChangeKind.FAILED, reason.description)
    if not account.needs_relinking:
        await announce(tx, EventType.ACCOUNT_NEEDS_RELINK, failing)
    return failing


def is_erased(account: Account) -> bool:
    """Tell whether the account was suspended for good: it has no credentials any more."""
    return any(each.code == ERASED for each in account.status_reasons)


def is_ending(account: Account) -> bool:
    """Tell whether the account's credentials are being revoked, or should be dead."""
    return any(each.code in _ENDS for each in account.status_reasons)


async def usable_status(tx: Tx, account: Account) -> AccountStatus:
    profile = await Profiles(tx).get(account.profile_id)
    return AccountStatus.ACTIVE if profile.active else AccountStatus.INACTIVE


async def save_changed(
    tx: Tx,
    account: Account,
    *,
    revocation: object = UNSET,
    changes: tuple[LinkChange, ...] = (),
) -> Account:
    """Store a change of an account, and announce it."""
    account = replace(account, updated_at=tx.now)
    before = await Accounts(tx).get(account.id)
    await Accounts(tx).save(account)
    told = payload_of(
        tx, EventType.ACCOUNT_UPDATED, account, revocation=revocation, changes=changes
    )
    await Events(tx).add([told])
    await record_account(tx, AuditKind.ACCOUNT_CHANGED, before, account)
    return account


async def announce(
    tx: Tx, type_: EventType, *accounts: Account, revocation: object = UNSET
) -> None:
    """Add an event of one type for each account."""
    payloads = [payload_of(tx, type_, account, revocation=revocation) for account in accounts]
    await Events(tx).add(payloads)


def payload_of(
    tx: Tx,
    type_: EventType,
    account: Account,
    *,
    changes: tuple[LinkChange, ...] = (),
    revocation: object = UNSET,
) -> AccountPayload:
    needs_relink = type_ is EventType.ACCOUNT_NEEDS_RELINK
    return AccountPayload(
        project_id=tx.project_id,
        event=type_,
        event_date=tx.now,
        record_type="account",
        record_id=account.id,
        account_id=account.id,
        provider=account.provider,
        origin_owner_id=account.origin_owner_id,
        origin_owner_name=account.origin_owner_name,
        origin_username=account.origin_username,
        setup_information=account.public_values,
        status=account.status,
        status_reasons=account.status_reasons,
        type=account.type,
        identity_changed=LinkChange.IDENTITY in changes or UNSET,
        changes=changes or UNSET,
        reconnect=reconnect(account.id) if needs_relink else UNSET,
        revocation=revocation,
    )
