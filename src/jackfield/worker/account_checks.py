"""Checks of accounts' credentials: of each about daily, and of refused ones until they are good."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from jackfield.accounts import service as accounts
from jackfield.accounts.health.repo import AccountChecks, DueCheck, claim_checks
from jackfield.accounts.health.schedule import next_attempt, next_check, next_try
from jackfield.accounts.models import Account, AccountNotFound, AccountStatus
from jackfield.accounts.repo import Accounts
from jackfield.accounts.status import PAUSED
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError, ProviderError
from jackfield.projects import service as projects
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("account_checks")
# Of one provider and of one project, each time: after a long pause all accounts are due at once.
_EACH_PROVIDER: Final = 20
_EACH_PROJECT: Final = 10
_AT_ONCE: Final = 8
# Longer than a check can take.
_LEASE: Final = timedelta(minutes=5)

_log = structlog.get_logger()


async def check_due(hub: Hub) -> int:
    """Make the checks that are due, as many as may be at once; return their number."""
    due = await claim_checks(
        hub.db,
        until=hub.clock() + _LEASE,
        each_provider=_EACH_PROVIDER,
        each_project=_EACH_PROJECT,
    )
    room = asyncio.Semaphore(_AT_ONCE)

    async def check(each: DueCheck) -> None:
        async with room:
            await _check(hub, each)

    await asyncio.gather(*map(check, due))
    return len(due)


async def _check(hub: Hub, due: DueCheck) -> None:
    try:
        due_at = await _next(hub, due)
        async with hub.db.write(due.project_id, ACTOR) as tx:
            await AccountChecks(tx).postpone(due, due_at)
    except AccountNotFound:
        return
    except Exception:  # noqa: BLE001 - one account must not end the checks of all others
        _log.exception("account_check_crashed", account_id=due.account_id)


async def _next(hub: Hub, due: DueCheck) -> datetime | None:
    """Check an account, if there is a way; return when it is due next, unless the check has said."""
    async with hub.db.read(due.project_id) as tx:
        account = await Accounts(tx).get(due.account_id)
    settings = await projects.project_settings(hub, due.project_id)
    if account.status in PAUSED or not settings.check_accounts or not _can_check(hub, account):
        return next_check(hub.clock())
    try:
        account = await accounts.check(hub, due.project_id, ACTOR, account.id)
    except AccountNotFound:
        raise
    except HubError as error:
        # It is left as it was: this says nothing about its credentials.
        _log.info("account_not_checked", account_id=account.id, code=error.code)
        failed = isinstance(error, ProviderError)
        return next_attempt(hub.clock()) if failed else next_check(hub.clock())
    if account.status is AccountStatus.ERROR:
        return next_try(account.status_reasons[-1], hub.clock())
    return next_check(hub.clock())


def _can_check(hub: Hub, account: Account) -> bool:
    method = hub.catalog.find_auth_method(account.provider, account.auth_method)
    return method is not None and bool(method.test_actions)
