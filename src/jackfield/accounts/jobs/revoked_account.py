"""Accounts of a revocation: suspended before a provider is asked, and what was found stored."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from jackfield.accounts import pauses
from jackfield.accounts.audit import draft_of
from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.jobs.models import AccountJob, ItemOutcome, ItemResult
from jackfield.accounts.jobs.repo import AccountJobs
from jackfield.accounts.models import (
    SUSPENDED,
    Account,
    AccountFilter,
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
from jackfield.audit.models import AuditKind, Record
from jackfield.audit.service import record, record_all
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.payloads import AccountPayload
from jackfield.events.repo import Events
from jackfield.kit import redaction
from jackfield.kit.ids import AccountId
from jackfield.kit.json import Json
from jackfield.kit.redaction import Redactor

_LONGEST: Final = 500
_OUTCOMES: Final = {
    Verdict.DEAD: ItemOutcome.DONE,
    Verdict.NOTHING: ItemOutcome.UNCHANGED,
    Verdict.SURVIVED: ItemOutcome.FAILED,
    Verdict.UNKNOWN: ItemOutcome.FAILED,
}


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """
    An account whose revocation has ended, and what was found.

    `account` is as it was before, if it could be loaded; `redactor` knows its secrets.
    """

    id: str
    account: Account | None
    finding: Finding
    hand: ByHand | None
    redactor: Redactor


async def suspend_all(tx: Tx, job: AccountJob, account_ids: Sequence[str]) -> None:
    """Suspend accounts, so that no call runs and no token is renewed while they are revoked."""
    found = [each for each in await _load(tx, account_ids) if _is_to_be_suspended(each)]
    if not found:
        return
    reason = StatusReason(ENDING, "Its credentials are being revoked.", tx.now)
    reasons = {each.id: (*pauses.owners_pause(each), reason) for each in found}
    suspended = await _suspend(tx, found, reasons)
    await announce(tx, EventType.ACCOUNT_UPDATED, *suspended)
    await record(
        tx,
        AuditKind.REVOCATION_SUSPENDED,
        job.id,
        details={"accounts": [each.id for each in found]},
    )


async def store(tx: Tx, job: AccountJob, found: Sequence[FoundAccount]) -> list[FoundAccount]:
    """
    Store what became of accounts, once, and tell so; return those that were not stored yet.

    What is dead is erased. What lives, or may, is kept to be tried and proved again.
    """
    noted = await AccountJobs(tx).note(job.id, *map(_result, found))
    first = [each for each in found if each.id in noted]
    await _change(tx, first)
    return first


def _result(found: FoundAccount) -> ItemResult:
    finding, account = found.finding, found.account
    details: dict[str, Json] = {
        "revocation": finding.result.value,
        "proved_by": finding.proved_by,
        "customer": None if account is None else account.origin_owner_id,
        "auth_method": None if account is None else account.auth_method,
    }
    if found.hand is not None and finding.verdict in (Verdict.SURVIVED, Verdict.UNKNOWN):
        details["by_hand"] = {**asdict(found.hand), "steps": list(found.hand.steps)}
    return ItemResult(
        found.id,
        _OUTCOMES[finding.verdict],
        code=finding.verdict.value,
        message=finding.detail[:_LONGEST],
        details=details,
    )


async def _change(tx: Tx, found: Sequence[FoundAccount]) -> None:
    known = {each.id: each for each in found if each.account is not None}
    # Those that were deleted meanwhile are not there.
    current = await _load(tx, list(known))
    if not current:
        return
    # Credentials that it was given meanwhile are not those that were revoked.
    ended = [each for each in current if _has_same_credentials(each, known[each.id].account)]
    dead = [each.id for each in ended if known[each.id].finding.verdict is Verdict.DEAD]
    await erase_credentials(tx, *dead)
    reasons = {each.id: _reasons(tx, each, known[each.id].finding) for each in ended}
    after = {each.id: each for each in (*current, *await _suspend(tx, ended, reasons))}
    history = {each.id: _words(known[each.id].finding) for each in ended}
    await AccountHistory(tx).add_all(ChangeKind.REVOKED, history)
    await _tell(tx, [(known[each.id], each, after[each.id]) for each in current])


async def _tell(tx: Tx, changed: Sequence[tuple[FoundAccount, Account, Account]]) -> None:
    """Add the event and the record of each account, as it was and as it is."""
    payloads: list[AccountPayload] = []
    drafts: list[Record] = []
    for found, before, after in changed:
        finding = found.finding
        told: dict[str, Json] = {
            "result": finding.result.value,
            "proved": finding.verdict is Verdict.DEAD,
            "detail": finding.detail,
            "verdict": finding.verdict.value,
        }
        payloads.append(payload_of(tx, EventType.ACCOUNT_REVOKED, after, revocation=told))
        details = {**told, "proved_by": finding.proved_by}
        with redaction.masking(found.redactor):
            kind = AuditKind.ACCOUNT_REVOKED
            drafts.append(draft_of(tx, kind, before, after, details))
    await Events(tx).add(payloads)
    await record_all(tx, drafts)


async def _load(tx: Tx, account_ids: Sequence[str]) -> list[Account]:
    if not account_ids:
        return []
    only = AccountFilter(ids=tuple(account_ids))
    return await Accounts(tx).page(AccountPage(1, len(account_ids), only))


async def _suspend(
    tx: Tx, accounts: Sequence[Account], reasons: Mapping[AccountId, tuple[StatusReason, ...]]
) -> list[Account]:
    """Suspend accounts, each for its reasons; return them as they are then."""
    alike = defaultdict[tuple[StatusReason, ...], list[AccountId]](list)
    for account_id, those in reasons.items():
        alike[those].append(account_id)
    for those, account_ids in alike.items():
        await Accounts(tx).suspend(account_ids, those)
    status = AccountStatus.SUSPENDED
    return [
        replace(each, status=status, status_reasons=reasons[each.id], updated_at=tx.now)
        for each in accounts
    ]


def _has_same_credentials(current: Account, revoked: Account | None) -> bool:
    same = revoked is not None and current.generation == revoked.generation
    return same and not is_erased(current)


def _words(finding: Finding) -> str:
    return f"{finding.verdict.value}: {finding.detail}"


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
