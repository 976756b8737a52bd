"""One account of a revocation: suspended before its provider is asked, and what was found stored."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from jackfield.accounts import pauses
from jackfield.accounts.audit import record_account
from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.jobs.models import AccountJob, ItemOutcome
from jackfield.accounts.jobs.repo import AccountJobs
from jackfield.accounts.models import (
    SUSPENDED,
    Account,
    AccountFilter,
    AccountNotFound,
    AccountPage,
    AccountStatus,
    StatusReason,
)
from jackfield.accounts.repo import Accounts
from jackfield.accounts.revocation.certainty import ByHand
from jackfield.accounts.revocation.models import Finding, Verdict
from jackfield.accounts.service import erase_credentials
from jackfield.accounts.status import (
    ENDING,
    ERASED,
    SURVIVED,
    UNPROVED,
    announce,
    is_erased,
    payload_of,
)
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.repo import Events
from jackfield.kit.json import Json

_LONGEST: Final = 500
_OUTCOMES: Final = {
    Verdict.DEAD: ItemOutcome.DONE,
    Verdict.NOTHING: ItemOutcome.UNCHANGED,
    Verdict.SURVIVED: ItemOutcome.FAILED,
    Verdict.UNKNOWN: ItemOutcome.FAILED,
}


async def suspend_all(tx: Tx, job: AccountJob, account_ids: Sequence[str]) -> None:
    """Suspend accounts, so that no call runs and no token is renewed while they are revoked."""
    page = AccountPage(1, len(account_ids), AccountFilter(ids=tuple(account_ids)))
    found = [each for each in await Accounts(tx).page(page) if _is_to_be_suspended(each)]
    if not found:
        return
    reason = StatusReason(ENDING, "Its credentials are being revoked.", tx.now)
    paused = [each for each in found if each.is_paused_by_owner]
    await Accounts(tx).suspend([each.id for each in found if not each.is_paused_by_owner], reason)
    suspended: list[Account] = []
    for account in found:
        reasons = (*pauses.owners_pause(account), reason)
        after = replace(account, status=AccountStatus.SUSPENDED, status_reasons=reasons)
        suspended.append(after)
        if account in paused:
            await Accounts(tx).save(replace(after, updated_at=tx.now))
    await announce(tx, EventType.ACCOUNT_UPDATED, *suspended)
    await record(
        tx,
        AuditKind.REVOCATION_SUSPENDED,
        job.id,
        details={"accounts": [each.id for each in found]},
    )


async def store(
    tx: Tx,
    job: AccountJob,
    account: Account | None,
    account_id: str,
    finding: Finding,
    hand: ByHand | None,
) -> bool:
    """
    Store what became of an account, once, and tell so; return whether it was not stored yet.

    What is dead is erased. What lives, or may, is kept to be tried and proved again.
    """
    details: dict[str, Json] = {
        "revocation": finding.result.value,
        "proved_by": finding.proved_by,
        "customer": None if account is None else account.origin_owner_id,
        "auth_method": None if account is None else account.auth_method,
    }
    if hand is not None and finding.verdict in (Verdict.SURVIVED, Verdict.UNKNOWN):
        details["by_hand"] = {**asdict(hand), "steps": list(hand.steps)}
    is_first = await AccountJobs(tx).note(
        job.id,
        account_id,
        _OUTCOMES[finding.verdict],
        code=finding.verdict.value,
        message=finding.detail[:_LONGEST],
        details=details,
    )
    if is_first and account is not None:
        await _change(tx, account, finding)
    return is_first


async def _change(tx: Tx, account: Account, finding: Finding) -> None:
    try:
        before = await Accounts(tx).get(account.id)
    except AccountNotFound:
        return
    after = before
    # Credentials that it was given meanwhile are not those that were revoked.
    if before.generation == account.generation and not is_erased(before):
        reasons = _reasons(tx, before, finding)
        if finding.verdict is Verdict.DEAD:
            await erase_credentials(tx, before.id)
        status = AccountStatus.SUSPENDED
        after = replace(before, status=status, status_reasons=reasons, updated_at=tx.now)
        await Accounts(tx).save(after)
        words = f"{finding.verdict.value}: {finding.detail}"
        await AccountHistory(tx).add(before.id, ChangeKind.REVOKED, words)
    told = {
        "result": finding.result.value,
        "proved": finding.verdict is Verdict.DEAD,
        "detail": finding.detail,
        "verdict": finding.verdict.value,
    }
    payload = payload_of(tx, EventType.ACCOUNT_REVOKED, after, revocation=told)
    await Events(tx).add([payload])
    details: dict[str, Json] = {**told, "proved_by": finding.proved_by}
    await record_account(tx, AuditKind.ACCOUNT_REVOKED, before, after, more=details)


def _reasons(tx: Tx, account: Account, finding: Finding) -> tuple[StatusReason, ...]:
    paused = pauses.owners_pause(account)
    if finding.verdict is Verdict.DEAD:
        words = f"Its credentials are revoked and erased. {finding.detail}"
        return (StatusReason(ERASED, words, tx.now),)
    if finding.verdict is Verdict.NOTHING:
        return (*paused, StatusReason(SUSPENDED, f"It was to be revoked. {finding.detail}", tx.now))
    code = SURVIVED if finding.verdict is Verdict.SURVIVED else UNPROVED
    return (*paused, StatusReason(code, finding.detail, tx.now))


def _is_to_be_suspended(account: Account) -> bool:
    is_at_it = any(each.code == ENDING for each in account.status_reasons)
    return not is_at_it and not is_erased(account)
