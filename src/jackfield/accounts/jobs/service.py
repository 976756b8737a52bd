"""Jobs over accounts: begun by a client, worked off by whichever process has the lease."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from jackfield.accounts import service as accounts
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.jobs.models import (
    MOST_ACCOUNTS,
    AccountJob,
    AccountJobId,
    AccountJobRunning,
    ClaimedJob,
    ItemOutcome,
    ItemResult,
    JobStatus,
    JobVerb,
    NoAccountsChosen,
    NotSoManyAccounts,
    TooManyAccounts,
)
from jackfield.accounts.jobs.repo import AccountJobs, claim
from jackfield.accounts.models import Account, AccountNotFound, AccountStatus
from jackfield.accounts.repo import Accounts
from jackfield.accounts.revocation import service as revocation
from jackfield.accounts.revocation.models import RevocationUnderWay
from jackfield.accounts.search.models import AccountSearch
from jackfield.accounts.search.repo import FindableAccounts
from jackfield.accounts.status import PAUSED, announce
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("account_jobs")
# Done with at the same time: a stop waits for these.
_AT_ONCE: Final = 4
# Longer than these can take; renewed with each of them.
_LEASE: Final = timedelta(seconds=120)
_CLAIMED: Final = 20
_STOPPED: Final = "it was stopped"
_LONGEST_MESSAGE: Final = 500
# Ids that are sent to the database at once.
_IDS: Final = 10_000

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ChosenAccounts:
    """
    The accounts that a job is over: those with the `ids`, or all that a `search` finds.

    `query` says for people what was searched. `expected` is how many were seen and confirmed; what
    cannot be undone needs it.
    """

    ids: tuple[str, ...] = ()
    search: AccountSearch | None = None
    query: str = ""
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    outcome: ItemOutcome
    code: str | None = None
    message: str | None = None


_DONE: Final = _Result(ItemOutcome.DONE)
_UNCHANGED: Final = _Result(ItemOutcome.UNCHANGED)


async def count(tx: Tx, chosen: ChosenAccounts) -> int:
    """Return how many accounts are chosen, up to one more than a job takes."""
    return len(await _ids(tx, chosen))


async def start(
    tx: Tx, verb: JobVerb, chosen: ChosenAccounts, *, batch_id: AccountJobId | None = None
) -> AccountJob:
    """
    Begin a job; accounts that match from now on are not part of it.

    `batch_id` is the first of the jobs that are begun together, if there is another one.

    Raises:
        NoAccountsChosen, TooManyAccounts: it would be over none, or over too many.
        NotSoManyAccounts: they are not as many as were confirmed.
        AccountJobRunning: another one is not done.
    """
    ids = await _ids(tx, chosen)
    if not ids:
        raise NoAccountsChosen
    if len(ids) > MOST_ACCOUNTS:
        msg = f"more than {MOST_ACCOUNTS:,} accounts match; narrow the filters down"
        raise TooManyAccounts(msg)
    if (chosen.expected is not None or verb.is_final) and chosen.expected != len(ids):
        msg = f"it is over {len(ids):,} accounts now, and that number was not confirmed"
        raise NotSoManyAccounts(msg)
    job_id = AccountJobId.new(tx.now)
    job = AccountJob(
        id=job_id,
        verb=verb,
        status=JobStatus.RUNNING,
        query=chosen.query,
        actor=tx.actor,
        total=len(ids),
        done=0,
        failed=0,
        ended_reason=None,
        created_at=tx.now,
        updated_at=tx.now,
        batch_id=batch_id or job_id,
    )
    if not await AccountJobs(tx).add(job):
        raise AccountJobRunning
    for place in range(0, len(ids), _IDS):
        await AccountJobs(tx).add_items(job.id, ids[place : place + _IDS])
    if verb is JobVerb.REVOKE:
        details: dict[str, Json] = {"accounts": job.total, "query": job.query}
        await record(tx, AuditKind.REVOCATION_STARTED, job.id, details=details)
    _log.info(
        "account_job_started", job=job.id, verb=verb.value, total=job.total, actor=str(tx.actor)
    )
    return job


async def stop(tx: Tx, job_id: str) -> AccountJob:
    """
    Stop a job: what it has begun is finished, and nothing else.

    Raises:
        AccountJobNotFound: the project has none with this id.
    """
    await AccountJobs(tx).get(job_id)
    await AccountJobs(tx).end(job_id, JobStatus.STOPPED, reason=_STOPPED)
    return await AccountJobs(tx).get(job_id)


async def work_off(hub: Hub) -> None:
    """Take every job that no other process has to its end."""

    async def advance(claimed: ClaimedJob) -> None:
        held: ClaimedJob | None = claimed
        try:
            while held is not None:
                held = await _step(hub, held)
        except HubError as error:
            # Its lease ends, and it goes on.
            _log.error("account_job_not_advanced", job=claimed.id, code=error.code)

    claimed = await claim(hub.db, until=hub.clock() + _LEASE, most=_CLAIMED)
    await asyncio.gather(*map(advance, claimed))


async def _step(hub: Hub, claimed: ClaimedJob) -> ClaimedJob | None:
    """
    Do the next few accounts of a job.

    Returns:
        the renewed lease; `None` if there is nothing more to do now.
    """
    until = hub.clock() + _LEASE
    async with hub.db.write(claimed.project_id, ACTOR) as tx:
        job = await AccountJobs(tx).hold(claimed, until=until)
        if job is None:
            return None
        waiting = await AccountJobs(tx).waiting(job.id, most=_AT_ONCE)
        if not waiting:
            await AccountJobs(tx).end(job.id, JobStatus.DONE, reason=None)
            _log.info("account_job_done", job=job.id, done=job.done, failed=job.failed)
            return None
    held = ClaimedJob(claimed.id, claimed.project_id, until)
    await asyncio.gather(*(_do(hub, held.project_id, job, each) for each in waiting))
    return held


async def _do(hub: Hub, project_id: ProjectId, job: AccountJob, account_id: str) -> None:
    """Do with one account what the job is for; whatever comes of it, the others are done, too."""
    try:
        if job.verb in _CHANGES:
            # The change and the note of it in one transaction: it is made once, or not at all.
            async with hub.db.write(project_id, job.actor) as tx:
                result = await _CHANGES[job.verb](tx, account_id)
                await _note_once(tx, job, account_id, result)
            return
        result = await _ask(hub, project_id, job, account_id)
    except _DoneMeanwhile:
        return
    except HubError as error:
        result = _Result(ItemOutcome.FAILED, error.code, error.detail[:_LONGEST_MESSAGE])
    except Exception:  # noqa: BLE001 - logged; one account must not end the job over all others
        _log.exception("account_job_item_crashed", job=job.id, account_id=account_id)
        result = _Result(ItemOutcome.FAILED, "internal_error", "The hub failed; its log says how.")
    async with hub.db.write(project_id, job.actor) as tx:
        await _note(tx, job, account_id, result)


async def _note(tx: Tx, job: AccountJob, account_id: str, result: _Result) -> bool:
    noted = ItemResult(account_id, result.outcome, result.code, result.message)
    return bool(await AccountJobs(tx).note(job.id, noted))


async def _note_once(tx: Tx, job: AccountJob, account_id: str, result: _Result) -> None:
    if not await _note(tx, job, account_id, result):
        raise _DoneMeanwhile


async def _ask(hub: Hub, project_id: ProjectId, job: AccountJob, account_id: str) -> _Result:
    """Do what asks a provider: done again, it comes to the same."""
    if job.verb is JobVerb.CHECK:
        async with hub.db.read(project_id) as tx:
            if await Decoys(tx).find(account_id) is not None:
                # It would be an alarm, and its operator's own.
                return _DONE
        checked = await accounts.check(hub, project_id, job.actor, account_id)
        if checked.status is AccountStatus.ACTIVE:
            return _DONE
        reason = checked.status_reasons[0] if checked.status_reasons else None
        words = reason.description if reason else f"the account is {checked.status.value}"
        return _Result(
            ItemOutcome.UNCHANGED if checked.status in PAUSED else ItemOutcome.FAILED,
            reason.code if reason else checked.status.value,
            words[:_LONGEST_MESSAGE],
        )
    try:
        _, outcome = await revocation.delete(hub, project_id, job.actor, account_id)
    except AccountNotFound:
        # By this job before the hub was restarted, or by another request.
        return _UNCHANGED
    except RevocationUnderWay as busy:
        return _Result(ItemOutcome.UNCHANGED, busy.code, "It is being ended already.")
    return _Result(ItemOutcome.DONE, outcome.result.value, outcome.detail[:_LONGEST_MESSAGE])


async def _suspend(tx: Tx, account_id: str) -> _Result:
    before = await Accounts(tx).get(account_id)
    return _changed(before, await accounts.suspend(tx, account_id))


async def _resume(tx: Tx, account_id: str) -> _Result:
    before = await Accounts(tx).get(account_id)
    return _changed(before, await accounts.resume(tx, account_id))


async def _ask_for_relink(tx: Tx, account_id: str) -> _Result:
    """Tell the project that an account should be linked again, with the request for a link."""
    account = await Accounts(tx).get(account_id)
    await AccountHistory(tx).add(account.id, ChangeKind.RELINK_ASKED)
    await announce(tx, EventType.ACCOUNT_NEEDS_RELINK, account)
    return _DONE


def _changed(before: Account, after: Account) -> _Result:
    return _UNCHANGED if before == after else _DONE


_CHANGES: Final[Mapping[JobVerb, Callable[[Tx, str], Awaitable[_Result]]]] = {
    JobVerb.SUSPEND: _suspend,
    JobVerb.RESUME: _resume,
    JobVerb.RELINK: _ask_for_relink,
}


class _DoneMeanwhile(Exception):
    """Another process did it: what this one did is undone."""


async def _ids(tx: Tx, chosen: ChosenAccounts) -> list[str]:
    if chosen.search is not None:
        return await FindableAccounts(tx).ids(chosen.search, most=MOST_ACCOUNTS + 1)
    places = range(0, len(chosen.ids), _IDS)
    parts = [chosen.ids[place : place + _IDS] for place in places]
    found = [await FindableAccounts(tx).existing(part) for part in parts]
    return sorted({each for part in found for each in part})
