"""Detection of issues: opens and counts what failed, and resolves what works again."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import structs

from jackfield.accounts.decoys.models import Decoy
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.db.tx import Tx
from jackfield.issues.board import Board, Failure
from jackfield.issues.causes import BY_HAND_ONLY, CERTAIN, OF_ACCOUNT, cause_of, cause_of_renewal
from jackfield.issues.history.repo import FailedRenewal, FailedRun, Log, Reading, Success, low_id
from jackfield.issues.models import Cause, Issue, Resolution
from jackfield.issues.repo import Issues
from jackfield.issues.resolution import end
from jackfield.kit.actor import Actor
from jackfield.runtime import Hub

# Rows of the log are written when a run has ended, and its id is of when it began.
OVERLAP: Final = timedelta(minutes=5)
_AT_ONCE: Final = 1000
_MOST_PIECES: Final = 50
_LEASE: Final = timedelta(minutes=1)
_PAUSE: Final = timedelta(seconds=10)
_NOT_USABLE: Final = "account_not_usable"
_UNAUTHORIZED: Final = "provider_unauthorized"


async def read_project(hub: Hub, actor: Actor, reading: Reading, *, at_once: int = _AT_ONCE) -> int:
    """
    Read what happened in a project since it was read last; return the number of transactions.

    Each takes up to `at_once` failed runs: after an outage there may be a hundred thousand. What
    is left after so many pieces is read the next time.
    """
    for number in range(1, _MOST_PIECES + 1):
        is_last = number == _MOST_PIECES
        async with hub.db.write(reading.project_id, actor) as tx:
            if not await Log(tx).hold(reading.leased_until):
                # Another process has the lease by now.
                return number
            advanced = await _read_piece(tx, hub, reading, at_once=at_once, is_last=is_last)
            await Log(tx).advance(advanced)
        if not advanced.resume_after:
            return number
        reading = advanced
    return _MOST_PIECES


async def _read_piece(
    tx: Tx, hub: Hub, reading: Reading, *, at_once: int, is_last: bool
) -> Reading:
    log = Log(tx)
    low = low_id(reading.runs_until - OVERLAP)
    ids = await log.failed_ids(after=reading.resume_after or low, most=at_once)
    runs = await log.unread(ids) if ids else []
    await log.note_read(runs)
    await _add_runs(tx, hub, runs)
    if len(ids) == at_once:
        # Successes count once all failures before them are known.
        until = tx.now + (_PAUSE if is_last else _LEASE)
        return structs.replace(reading, resume_after=ids[-1], leased_until=until)
    changes_until = await _add_states(tx, reading.changes_until - OVERLAP, most=at_once)
    await _resolve(tx, low=low, most=at_once)
    await log.forget_read(before=low, most=at_once * 10)
    return structs.replace(
        reading,
        runs_until=tx.now,
        changes_until=changes_until,
        leased_until=tx.now + _PAUSE,
        resume_after="",
    )


async def _add_runs(tx: Tx, hub: Hub, runs: Sequence[FailedRun]) -> None:
    causes = {run.id: cause_of(run.error_code, run.provider_status) for run in runs}
    relevant = [run for run in runs if causes[run.id] is not None]
    if relevant and (decoys := await Decoys(tx).among([run.account_id for run in relevant])):
        # That they fail is nothing to mend.
        relevant = [run for run in relevant if run.account_id not in decoys]
    accounts = await _accounts(tx, {run.account_id for run in relevant})
    if not accounts:
        return
    board = await Board.of(tx, accounts)
    for run in relevant:
        account, cause = accounts.get(run.account_id), causes[run.id]
        if account is None or cause is None:
            continue
        failure = _failure(hub, account, run, cause)
        if failure is not None:
            board.add(account, failure)
    await board.write()


def _failure(hub: Hub, account: Account, run: FailedRun, cause: Cause) -> Failure | None:
    """Return what a run's failure says of its account; nothing if that is over already."""
    step, code, message = None, run.error_code or "", run.message
    if cause is Cause.CREDENTIAL:
        if account.needs_relinking and account.status_reasons:
            reason = account.status_reasons[-1]
            step, code, message = reason.step, reason.code, reason.description
        elif code == _NOT_USABLE or account.updated_at > run.started_at:
            # It was paused by an operator, or works again.
            return None
        elif code == _UNAUTHORIZED and _is_verifiable(hub, account):
            # The credential was verified since, and is good: for this it is not enough.
            cause = Cause.PERMISSION
    return Failure(
        cause=cause,
        code=code,
        message=message,
        at=run.started_at,
        step=step,
        run_id=run.id,
        action_id=run.action_id,
        request_id=run.request_id,
    )


def _is_verifiable(hub: Hub, account: Account) -> bool:
    method = hub.catalog.find_auth_method(account.provider, account.auth_method)
    return method is not None and bool(method.test_actions)


async def _add_states(tx: Tx, since: datetime, *, most: int) -> datetime:
    """Add accounts in error, and renewals that fail; return until when all are known."""
    failing = await Log(tx).failing_accounts(since=since, most=most)
    renewals = await Log(tx).failed_renewals(since=since, certain=CERTAIN, most=most)
    touched = await Decoys(tx).touched_since(since)
    accounts = await _accounts(
        tx,
        {each.id for each in failing}
        | {each.account_id for each in renewals}
        | {each.account_id for each in touched},
    )
    if accounts:
        board = await Board.of(tx, accounts)
        for each in failing:
            account = accounts[each.id]
            known = board.find(account, Cause.CREDENTIAL)
            # Unless a person resolved it, and nothing happened since.
            if known is None or known.is_open or _is_newer(account.updated_at, known.resolved_at):
                board.add(account, _state_of(account))
        for renewal in renewals:
            board.add(accounts[renewal.account_id], _renewal_failure(renewal))
        for decoy in touched:
            account = accounts[decoy.account_id]
            known = board.find(account, Cause.HONEYTOKEN)
            if known is None or _is_newer(decoy.touched_at or tx.now, known.last_seen_at):
                board.add(account, _touch_of(decoy, tx.now))
        await board.write()
    until = [tx.now]
    until += [failing[-1].updated_at] if len(failing) == most else []
    until += [renewals[-1].failed_at] if len(renewals) == most else []
    return min(until)


def _touch_of(decoy: Decoy, now: datetime) -> Failure:
    return Failure(
        cause=Cause.HONEYTOKEN,
        code="honeytoken_touched",
        message="A decoy was used. The audit log says by whom.",
        at=decoy.touched_at or now,
    )


def _is_newer(moment: datetime, than: datetime | None) -> bool:
    return than is None or moment > than


def _renewal_failure(renewal: FailedRenewal) -> Failure:
    return Failure(
        cause=cause_of_renewal(renewal.failure_code),
        code=renewal.failure_code,
        message="The token of the account could not be renewed.",
        at=renewal.failed_at,
    )


def _state_of(account: Account) -> Failure:
    reason = account.status_reasons[-1] if account.status_reasons else None
    return Failure(
        cause=Cause.CREDENTIAL,
        code=account.status.value if reason is None else reason.code,
        message="" if reason is None else reason.description,
        at=account.updated_at if reason is None else reason.timestamp,
        step=None if reason is None else reason.step,
        is_state=True,
    )


async def _resolve(tx: Tx, *, low: str, most: int) -> None:
    for issue, resolution in await Log(tx).mended(most=most):
        await end(tx, issue, resolution, settled_run_id=low_id(tx.now))
    successes = await Log(tx).successes(after=low, most=most * 10)
    open_issues = await Issues(tx).latest(
        {each.account_id for each in successes}, resolved_after=tx.now
    )
    for issue in open_issues:
        last = _last_success(issue, successes)
        if issue.is_open and last > issue.last_run_id:
            await end(tx, issue, Resolution.SUCCEEDED, settled_run_id=last)


def _last_success(issue: Issue, successes: Iterable[Success]) -> str:
    if issue.cause in BY_HAND_ONLY:
        return ""
    of_account = [each for each in successes if each.account_id == issue.account_id]
    if issue.cause in OF_ACCOUNT:
        # A state of the account has no run that failed.
        since = low_id(issue.last_seen_at)
        return max([each.run_id for each in of_account if each.run_id >= since], default="")
    return max([each.run_id for each in of_account if each.action_id in issue.actions], default="")


async def _accounts(tx: Tx, ids: Iterable[str]) -> dict[str, Account]:
    wanted = tuple(ids)
    if not wanted:
        return {}
    page = AccountPage(1, len(wanted), AccountFilter(ids=wanted))
    return {each.id: each for each in await Accounts(tx).page(page)}
