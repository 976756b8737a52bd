"""
Pauses by an account's origin owner, beside suspensions by the project.

Both keep an account suspended, each as a status reason of its own, and each is lifted only by those
who may: the origin owner does not end the project's suspension, nor the project the owner's pause.
"""

from dataclasses import replace
from typing import Final

from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.models import (
    PAUSED_BY_OWNER,
    SUSPENDED,
    Account,
    AccountNotUsable,
    AccountStatus,
    StatusReason,
    SuspendedByProject,
)
from jackfield.accounts.status import is_ending, is_erased, save_changed, usable_status
from jackfield.db.tx import Tx

# What keeps an account suspended when its credentials are replaced.
KEPT: Final = frozenset({SUSPENDED, PAUSED_BY_OWNER})


def owners_pause(account: Account) -> tuple[StatusReason, ...]:
    """Return the reason that the origin owner's pause is, if there is one."""
    return tuple(each for each in account.status_reasons if each.code == PAUSED_BY_OWNER)


def other_reasons(account: Account) -> tuple[StatusReason, ...]:
    return tuple(each for each in account.status_reasons if each.code != PAUSED_BY_OWNER)


def is_paused_only(account: Account) -> bool:
    """Tell whether nothing but the origin owner's pause keeps an account suspended."""
    is_suspended = account.status is AccountStatus.SUSPENDED
    return is_suspended and account.is_paused_by_owner and not other_reasons(account)


async def pause(tx: Tx, account: Account) -> Account:
    """
    Pause an account for its origin owner: its actions are refused until the owner resumes it.

    Raises:
        AccountNotUsable: it has to be linked again first, or has ended.
    """
    if account.is_paused_by_owner:
        return account
    if account.needs_relinking or is_erased(account) or is_ending(account):
        msg = "the account runs nothing as it is, and cannot be paused; link it again"
        raise AccountNotUsable(msg, account_id=account.id)
    kept = account.status_reasons if account.status is AccountStatus.SUSPENDED else ()
    reason = StatusReason(PAUSED_BY_OWNER, "The customer paused the account.", tx.now)
    await AccountHistory(tx).add(account.id, ChangeKind.SUSPENDED)
    return await save_changed(
        tx, replace(account, status=AccountStatus.SUSPENDED, status_reasons=(*kept, reason))
    )


async def resume(tx: Tx, account: Account) -> Account:
    """
    End the origin owner's pause, or a suspension for disuse.

    The account stays suspended if the project suspended it.

    Raises:
        SuspendedByProject: the owner did not pause it, but the project suspended it.
    """
    if not account.is_paused_by_owner and not account.is_unused:
        if account.status is AccountStatus.SUSPENDED:
            raise SuspendedByProject(account_id=account.id)
        return account
    kept = () if account.is_unused else other_reasons(account)
    status = AccountStatus.SUSPENDED if kept else await usable_status(tx, account)
    await AccountHistory(tx).add(account.id, ChangeKind.RESUMED)
    return await save_changed(tx, replace(account, status=status, status_reasons=kept))
