"""Pruning of expired rows."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from jackfield.connect.pending import service as pending
from jackfield.connect.sent_codes import service as sent_codes
from jackfield.connect.sign_in import service as sign_ins
from jackfield.idempotency import service as idempotency
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.projects import service as projects
from jackfield.projects.settings import RetentionKind
from jackfield.runtime import Hub
from jackfield.webhooks import secrets
from jackfield.webhooks import service as webhooks
from jackfield.worker.repo import Expired, Retention, claim_pruning, forget_limits

ACTOR: Final = Actor.worker("pruning")
# So few that other writers hardly wait.
_AT_ONCE: Final = 1000
_EVERY: Final = timedelta(hours=1)
# More than the clocks of machines differ by.
_LIMITS_KEPT: Final = timedelta(days=1)
_STEPS: Final[tuple[tuple[RetentionKind | None, Callable[[Retention], Awaitable[bool]]], ...]] = (
    (RetentionKind.BODIES, Retention.drop_run_bodies),
    (None, Retention.drop_run_headers),
    (None, Retention.drop_runs),
    (None, Retention.drop_run_counts),
    (RetentionKind.REQUESTS, Retention.drop_requests),
    (RetentionKind.WEBHOOKS, Retention.drop_attempts),
    (RetentionKind.WEBHOOKS, Retention.drop_replays),
    (RetentionKind.WEBHOOKS, Retention.drop_deliveries),
    (RetentionKind.WEBHOOKS, Retention.drop_events),
    (RetentionKind.SESSIONS, Retention.drop_connect_sessions),
    (RetentionKind.SESSIONS, Retention.drop_link_steps),
    (RetentionKind.SESSIONS, Retention.drop_portal_sessions),
    (None, Retention.drop_narrowed_keys),
    (None, Retention.drop_account_jobs),
    (RetentionKind.ISSUES, Retention.drop_issues),
)


async def prune(hub: Hub, *, at_once: int = _AT_ONCE) -> None:
    """
    Prune each project that has not been for an hour, by whichever process.

    What is older than the project keeps it goes, and what has expired: with links that
    were not confirmed in time their credentials, what was typed for sign-ins, and kept answers.
    `at_once` is the number of rows of a transaction: the first run may delete years of logs.
    """
    await forget_limits(hub.db, ended_before=hub.clock() - _LIMITS_KEPT)
    while project_id := await claim_pruning(hub.db, until=hub.clock() + _EVERY):
        await _prune(hub, project_id, at_once)


async def _prune(hub: Hub, project_id: ProjectId, at_once: int) -> None:
    settings = await projects.project_settings(hub, project_id)
    for kind, step in _STEPS:
        before = hub.clock() - timedelta(days=settings.days_kept(kind))
        more = True
        while more:
            async with hub.db.write(project_id, ACTOR) as tx:
                more = await step(Retention(tx, before=before, most=at_once))
    async with hub.db.write(project_id, ACTOR) as tx:
        await secrets.forget_previous(tx)
        await webhooks.give_up_inactive(tx)
        await pending.expire(tx)
        await sign_ins.expire(tx)
        await sent_codes.expire(tx)
        await Expired(tx).drop()
    more = True
    while more:
        async with hub.db.write(project_id, ACTOR) as tx:
            more = await idempotency.forget_expired(tx)
