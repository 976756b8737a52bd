"""The background jobs of one process."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from jackfield.accounts.disuse import service as unused
from jackfield.accounts.jobs import revocations as account_revocations
from jackfield.accounts.jobs import service as account_jobs
from jackfield.actions.undelivered_writes import service as undelivered
from jackfield.db.server_clock import ServerClock
from jackfield.db.tx import DatabaseAway, DatabaseBusy, DatabaseUnusable
from jackfield.runtime import Hub
from jackfield.secrets.keys import watch
from jackfield.webhooks.replays import service as replays
from jackfield.worker import (
    account_checks,
    account_words,
    audit,
    connectors,
    issues,
    project_deletions,
    pruning,
    revocations,
    run_counts,
    token_introspection,
    token_renewal,
)
from jackfield.worker.deliveries import Deliverer

_PAUSE_SECONDS: Final = 5.0

_DATABASE: Final = (DatabaseAway, DatabaseBusy, DatabaseUnusable)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BackgroundJob:
    """
    A job that runs in the background.

    `run` is repeated `every` so many seconds after it ended; without `every` it runs until it is
    cancelled. A failed job is logged and restarted.
    """

    name: str
    run: Callable[[Hub], Awaitable[object]]
    every: float | None = None


async def follow_clock(hub: Hub) -> None:
    """Go by the time of the database server, where machines share one."""
    if isinstance(hub.clock, ServerClock):
        await hub.clock.follow(hub.db)


JOBS: Final = (
    BackgroundJob("deliveries", lambda hub: Deliverer(hub).run()),
    BackgroundJob("webhook_replays", replays.work_off, every=1.0),
    BackgroundJob("pruning", pruning.prune, every=300.0),
    BackgroundJob("token_renewal", token_renewal.renew_due, every=5.0),
    BackgroundJob("token_introspection", token_introspection.introspect_due, every=5.0),
    BackgroundJob("account_checks", account_checks.check_due, every=5.0),
    BackgroundJob("revocations", revocations.finish_interrupted, every=30.0),
    BackgroundJob("undelivered_writes", undelivered.keep_noted),
    BackgroundJob("account_jobs", account_jobs.work_off, every=1.0),
    BackgroundJob("account_revocations", account_revocations.work_off, every=1.0),
    BackgroundJob("project_deletions", project_deletions.finish, every=10.0),
    BackgroundJob("unused_accounts", unused.look, every=600.0),
    BackgroundJob("account_words", account_words.prepare, every=30.0),
    BackgroundJob("audit", audit.seal_due, every=2.0),
    BackgroundJob("audit_pushes", audit.push, every=5.0),
    BackgroundJob("audit_pruning", audit.prune, every=3600.0),
    BackgroundJob("issues", issues.find_due, every=5.0),
    BackgroundJob("run_counts", run_counts.fill_due, every=60.0),
    BackgroundJob("connectors", connectors.reload, every=1.0),
    BackgroundJob("keys", watch.follow, every=1.0),
    BackgroundJob("clock", follow_clock, every=10.0),
)


@asynccontextmanager
async def background(
    hub: Hub, jobs: tuple[BackgroundJob, ...] = JOBS, *, pause: float = _PAUSE_SECONDS
) -> AsyncGenerator[None]:
    """
    Run the jobs during the block; cancel them and wait for them at its end.

    Metrics are served beside them, if the hub counts.
    """
    if hub.counters is not None and hub.metrics is not None:
        # Its library is kept out of a process that does not count.
        from jackfield.metrics import listener  # noqa: PLC0415

        work = partial(listener.serve, counters=hub.counters, listen=hub.metrics)
        jobs = (*jobs, BackgroundJob("metrics", work))
    running = [asyncio.create_task(_run_forever(hub, job, pause=pause)) for job in jobs]
    try:
        yield
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _run_forever(hub: Hub, job: BackgroundJob, *, pause: float) -> None:
    """Run a job until cancelled; after a failure, restart it within `pause` seconds."""
    while True:
        wait = job.every
        try:
            await job.run(hub)
        except _DATABASE as error:
            # No bug: where it came from says nothing, and each job would say it as long as it lasts.
            said = {"code": error.code, "detail": error.detail}
            _log.error("background_job_failed", job=job.name, **said)
            wait = pause if wait is None else min(wait, pause)
        except Exception:  # noqa: BLE001 - logged; the job must go on
            _log.exception("background_job_failed", job=job.name)
            wait = pause if wait is None else min(wait, pause)
        await asyncio.sleep(pause if wait is None else wait)
