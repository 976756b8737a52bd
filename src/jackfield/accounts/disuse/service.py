"""Suspension of unused accounts: told of days before, and never while they are in use."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec import structs

from jackfield.accounts import service as accounts
from jackfield.accounts.disuse.models import notice_days
from jackfield.accounts.disuse.repo import UnusedAccounts, count_day, days_ago
from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.models import (
    UNUSED,
    AccountFilter,
    AccountPage,
    AccountStatus,
    StatusReason,
)
from jackfield.accounts.repo import Accounts
from jackfield.accounts.status import payload_of, save_changed
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.repo import Events
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.logs.account_use.repo import use_of
from jackfield.projects import service as projects
from jackfield.projects.repo import all_projects
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("unused_accounts")
# Whose use is asked for at once.
_AT_ONCE: Final = 100
# A use that was noted only when its account had been suspended: it ends that.
_LATE: Final = timedelta(hours=2)
_BEFORE: Final = timedelta(minutes=10)

_log = structlog.get_logger()


async def look(hub: Hub) -> None:
    """Count the day, and look for unused accounts in each project that wants it."""
    await count_day(hub.db, hub.clock())
    for project in await all_projects(hub.db):
        settings = await projects.project_settings(hub, project.id)
        await _look_in(hub, project.id, settings.suspend_unused_days)


async def _look_in(hub: Hub, project_id: ProjectId, days: int | None) -> None:
    async with hub.db.read(project_id) as tx:
        has_notices = await UnusedAccounts(tx).count() > 0
        late = await UnusedAccounts(tx).just_suspended(tx.now - _LATE)
    await _resume_used(hub, project_id, late)
    if days is None:
        if has_notices:
            async with hub.db.write(project_id, ACTOR) as tx:
                await UnusedAccounts(tx).forget_all()
        return
    ahead = notice_days(days)
    told, suspended = await days_ago(hub.db, days - ahead), await days_ago(hub.db, days)
    before = await days_ago(hub.db, ahead)
    if told is None:
        return
    if has_notices:
        async with hub.db.write(project_id, ACTOR) as tx:
            await UnusedAccounts(tx).forget(told)
    if suspended is not None and before is not None:
        await _suspend(hub, project_id, days, since=suspended, before=before)
    await _tell(hub, project_id, ahead, since=told)


async def _tell(hub: Hub, project_id: ProjectId, ahead: int, *, since: datetime) -> None:
    """Tell of accounts that will be suspended `ahead` days from now, unless they are used."""
    while True:
        async with hub.db.write(project_id, ACTOR) as tx:
            found = await UnusedAccounts(tx).unnoticed(since, most=_AT_ONCE)
            ids = await _really_unused(tx, found, since)
            await UnusedAccounts(tx).note(ids)
            await _announce(tx, ids, ahead)
        if len(found) < _AT_ONCE or not ids:
            return


async def _announce(tx: Tx, ids: Sequence[str], ahead: int) -> None:
    if not ids:
        return
    use = await use_of(tx, ids)
    page = AccountPage(1, len(ids), AccountFilter(ids=tuple(ids)))
    payloads = [
        structs.replace(
            payload_of(tx, EventType.ACCOUNT_UNUSED, account),
            unused={"last_used_at": use[account.id].used_at, "suspended_in_days": ahead},
        )
        for account in await Accounts(tx).page(page)
    ]
    await Events(tx).add(payloads)


async def _suspend(
    hub: Hub, project_id: ProjectId, days: int, *, since: datetime, before: datetime
) -> None:
    while True:
        async with hub.db.write(project_id, ACTOR) as tx:
            found = await UnusedAccounts(tx).noticed(since, before=before, most=_AT_ONCE)
            ids = await _really_unused(tx, found, since)
            for account_id in ids:
                account = await Accounts(tx).get(account_id)
                words = f"Nobody used it for {days} days."
                reason = StatusReason(UNUSED, words, tx.now)
                await AccountHistory(tx).add(account.id, ChangeKind.SUSPENDED, words)
                status = AccountStatus.SUSPENDED
                await save_changed(tx, replace(account, status=status, status_reasons=(reason,)))
        if ids:
            _log.info("unused_accounts_suspended", project=project_id, count=len(ids))
        if len(found) < _AT_ONCE or not ids:
            return


async def _really_unused(tx: Tx, ids: Sequence[str], since: datetime) -> list[str]:
    """Return those of which the log has no run either: notes of uses come a while later."""
    use = await use_of(tx, ids)
    return [each for each in ids if (used := use[each].used_at) is None or used < since]


async def _resume_used(hub: Hub, project_id: ProjectId, ids: Sequence[str]) -> None:
    """Resume accounts that turn out to have been used just before they were suspended."""
    for place in range(0, len(ids), _AT_ONCE):
        async with hub.db.read(project_id) as tx:
            part = ids[place : place + _AT_ONCE]
            use = await use_of(tx, part)
            page = AccountPage(1, len(part), AccountFilter(ids=tuple(part)))
            found = await Accounts(tx).page(page)
        for account in found:
            used = use[account.id].used_at
            if used is None or used < account.updated_at - _BEFORE:
                continue
            async with hub.db.write(project_id, ACTOR) as tx:
                await accounts.resume(tx, account.id)
