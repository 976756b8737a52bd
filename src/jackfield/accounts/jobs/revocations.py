"""Revocations of many accounts: worked off beside each other, and proved, by one process."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from jackfield.accounts.access import load
from jackfield.accounts.jobs.models import AccountJob, ClaimedJob, JobStatus, WaitingItem
from jackfield.accounts.jobs.repo import REVOCATIONS, AccountJobs, claim
from jackfield.accounts.jobs.revoked_account import FoundAccount, store, suspend_all
from jackfield.accounts.models import Account, AccountNotFound
from jackfield.accounts.revocation.certainty import ByHand, by_hand, revoke_and_prove
from jackfield.accounts.revocation.models import Finding, RevocationResult, Verdict
from jackfield.accounts.revocation.service import without_renewal
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import DatabaseAway, DatabaseBusy, DatabaseUnusable, Tx
from jackfield.kit import redaction
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId
from jackfield.runtime import Hub

# Short, so that what a killed process left is soon gone on with; renewed long before.
_LEASE: Final = timedelta(seconds=60)
_CLAIMED: Final = 20
# Of one job, and of one provider in this process. An account has its connector's limits, too.
_AT_ONCE: Final = 64
_EACH_PROVIDER: Final = 32
_SUSPENDED_AT_ONCE: Final = 200
_LOOK_SECONDS: Final = 1.0
_RENEW_SECONDS: Final = 10.0

_DATABASE: Final = (DatabaseAway, DatabaseBusy, DatabaseUnusable)

_log = structlog.get_logger()


@dataclass(slots=True)
class _Places:
    """Places at the providers, which all jobs of the process share."""

    of: defaultdict[str, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(_EACH_PROVIDER))
    )


@dataclass(slots=True)
class _Work:
    """A job that this process has the lease of, and what it knows of it."""

    hub: Hub
    claimed: ClaimedJob
    job: AccountJob
    places: _Places
    # The accounts that end, by provider; `None` if it is all of them.
    ending: dict[str, frozenset[str] | None] = field(
        default_factory=dict[str, "frozenset[str] | None"]
    )
    # Waiting to be stored, while another transaction stores others.
    found: list[FoundAccount] = field(default_factory=list["FoundAccount"])
    storing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def project_id(self) -> ProjectId:
        return self.claimed.project_id


async def work_off(hub: Hub) -> None:
    """Take every revocation that no other process has to its end; none waits for another one."""
    places, running = _Places(), set[asyncio.Task[None]]()
    try:
        while True:
            until = hub.clock() + _LEASE
            for each in await claim(hub.db, until=until, most=_CLAIMED, only=REVOCATIONS):
                running.add(asyncio.create_task(_advance(hub, each, places)))
            if not running:
                return
            _, running = await asyncio.wait(
                running, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
    finally:
        await _cancel(running)


@asynccontextmanager
async def working(hub: Hub) -> AsyncGenerator[None]:
    """Work off revocations while the block runs, as a command without a worker does."""

    async def repeat() -> None:
        while True:
            await work_off(hub)
            await hub.sleep(_LOOK_SECONDS)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        await _cancel([task])


async def _advance(hub: Hub, claimed: ClaimedJob, places: _Places) -> None:
    try:
        held = await _hold(hub, claimed)
        if held is None:
            return
        work = _Work(hub, held[0], held[1], places)
        if await _suspend(work) and await _revoke(work):
            await _end(work)
    except HubError as error:
        # Its lease ends, and it goes on.
        _log.error("revocation_not_advanced", job=claimed.id, code=error.code)
    except Exception:  # noqa: BLE001 - logged; its lease ends, and it goes on
        _log.exception("revocation_crashed", job=claimed.id)


async def _hold(hub: Hub, claimed: ClaimedJob) -> tuple[ClaimedJob, AccountJob] | None:
    """Renew the lease of a job; `None` if it was stopped, or another process has it."""
    until = hub.clock() + _LEASE
    async with hub.db.read(claimed.project_id) as tx:
        actor = (await AccountJobs(tx).get(claimed.id)).actor
    async with hub.db.write(claimed.project_id, actor) as tx:
        job = await AccountJobs(tx).hold(claimed, until=until)
    return None if job is None else (ClaimedJob(claimed.id, claimed.project_id, until), job)


async def _goes_on(work: _Work) -> bool:
    held = await _hold(work.hub, work.claimed)
    if held is not None:
        work.claimed, work.job = held
    return held is not None


async def _suspend(work: _Work) -> bool:
    """Suspend every account before the first is revoked; return whether the job goes on."""
    after = ""
    while True:
        async with work.hub.db.write(work.project_id, work.job.actor) as tx:
            found = await AccountJobs(tx).waiting_after(work.job.id, after, most=_SUSPENDED_AT_ONCE)
            if found:
                await suspend_all(tx, work.job, [each.account_id for each in found])
        if not found:
            return True
        after = found[-1].account_id
        if not await _goes_on(work):
            return False


async def _revoke(work: _Work) -> bool:
    """Revoke every account that waits; return whether none is left."""
    running, after, is_over = set[asyncio.Task[None]](), "", False
    failed: BaseException | None = None
    try:
        while not is_over and await _goes_on(work):
            found = await _next(work, after, most=_AT_ONCE - len(running))
            after = found[-1].account_id if found else after
            running |= {asyncio.create_task(_revoke_one(work, each)) for each in found}
            done, running = await _some_done(running)
            failed = next((each.exception() for each in done if each.exception()), failed)
            is_over = not running and not found
        # What has begun is finished, also when it was stopped.
        await asyncio.gather(*running)
    finally:
        await _cancel(running)
    if failed is not None:
        # What became of an account could not be stored: it waits until the job goes on.
        raise failed
    return is_over


async def _some_done(
    running: set[asyncio.Task[None]],
) -> tuple[set[asyncio.Task[None]], set[asyncio.Task[None]]]:
    """Wait until there is room for some more; not for longer than the lease allows."""
    done = set[asyncio.Task[None]]()
    ends = time.monotonic() + _RENEW_SECONDS
    while running and (len(running) > _AT_ONCE // 2 or not done) and time.monotonic() < ends:
        more, running = await asyncio.wait(
            running, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        done |= more
    return done, running


async def _next(work: _Work, after: str, *, most: int) -> list[WaitingItem]:
    """Return the next accounts, once it is noted that their providers may have been asked."""
    async with work.hub.db.write(work.project_id, work.job.actor) as tx:
        found = await AccountJobs(tx).waiting_after(work.job.id, after, most=most)
        if found:
            await AccountJobs(tx).begin(work.job.id, [each.account_id for each in found])
    return found


async def _revoke_one(work: _Work, item: WaitingItem) -> None:
    hub, account_id = work.hub, item.account_id
    account: Account | None = None
    hand: ByHand | None = None
    try:
        async with hub.db.read(work.project_id) as tx:
            access = await load(tx, hub, account_id, method_required=False)
            account = access.account
            ending = await _ending(tx, work, account.provider)
        async with work.places.of[account.provider]:
            access = await without_renewal(hub, access)
            hand = by_hand(hub, access)
            found = await revoke_and_prove(hub, access, was_asked=item.is_begun, ending=ending)
    except AccountNotFound:
        words = "The account was deleted meanwhile."
        found = Finding(Verdict.NOTHING, RevocationResult.NOT_APPLICABLE, words)
    except _DATABASE:
        raise
    except HubError as error:
        found = Finding(Verdict.UNKNOWN, RevocationResult.FAILED, error.detail)
    except Exception:  # noqa: BLE001 - logged; one account must not end the revocation of all others
        _log.exception("revocation_crashed", account_id=account_id)
        words = "The hub failed; its log says how."
        found = Finding(Verdict.UNKNOWN, RevocationResult.FAILED, words)
    redactor = redaction.current()
    await _store_soon(work, FoundAccount(account_id, account, found, hand, redactor))


async def _store_soon(work: _Work, found: FoundAccount) -> None:
    """Store what was found of an account, with all that was found while the database was busy."""
    work.found.append(found)
    async with work.storing:
        # Those that waited meanwhile find theirs stored by the first of them.
        together, work.found = work.found, []
        if together:
            await _store(work, together)


async def _store(work: _Work, found: list[FoundAccount]) -> None:
    try:
        async with work.hub.db.write(work.project_id, work.job.actor) as tx:
            stored = await store(tx, work.job, found)
    except _DATABASE:
        raise
    except Exception:
        if len(found) == 1:
            raise
        # One that cannot be stored keeps no other from it.
        alone = (_store(work, [each]) for each in found)
        results = await asyncio.gather(*alone, return_exceptions=True)
        for each in results:
            if each is not None:
                raise each from None
        return
    for each in stored:
        _log.info("account_revoked", account_id=each.id, verdict=each.finding.verdict.value)


async def _ending(tx: Tx, work: _Work, provider: str) -> Collection[str] | None:
    if provider not in work.ending:
        jobs = AccountJobs(tx)
        is_all = await jobs.is_over_all(work.job.id, provider)
        work.ending[provider] = None if is_all else await jobs.accounts(work.job.id, provider)
    return work.ending[provider]


async def _end(work: _Work) -> None:
    async with work.hub.db.write(work.project_id, work.job.actor) as tx:
        if not await AccountJobs(tx).end(work.job.id, JobStatus.DONE, reason=None):
            return
        counts = await AccountJobs(tx).codes(work.job.id)
        await record(tx, AuditKind.REVOCATION_ENDED, work.job.id, details=dict(counts))
    _log.info("revocation_done", job=work.job.id, **counts)


async def _cancel(running: Collection[asyncio.Task[None]]) -> None:
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)
