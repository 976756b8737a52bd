"""Renewal of tokens ahead of their expiry."""

import asyncio
import random
from datetime import timedelta
from typing import Final

import structlog

from jackfield.accounts.renewal.service import renew_ahead
from jackfield.accounts.renewal.turns import ACTOR
from jackfield.accounts.tokens.models import DueToken
from jackfield.accounts.tokens.repo import AccountTokens, due_tokens
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub

_MOST: Final = 500
_AT_ONCE: Final = 16
_PAUSE: Final = timedelta(minutes=15)

_log = structlog.get_logger()


async def renew_due(hub: Hub) -> None:
    """Renew the tokens that are due, some at a time; those that fail are due again later."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def renew(due: DueToken) -> None:
        async with room:
            try:
                await renew_ahead(hub, due)
            except HubError as error:
                _log.warning("token_not_renewed", account_id=due.account_id, code=error.code)
                await _postpone(hub, due)

    due = await due_tokens(hub.db, most=_MOST)
    # In another order in each process, so that they do not get in each other's way.
    random.shuffle(due)
    await asyncio.gather(*map(renew, due))


async def _postpone(hub: Hub, due: DueToken) -> None:
    """Leave tokens alone for a while that cannot even be asked for: their connector is gone."""
    async with hub.db.write(due.project_id, ACTOR) as tx:
        state = await AccountTokens(tx).find(due.account_id)
        if state is not None and state.due_at is not None and state.due_at <= tx.now:
            await AccountTokens(tx).postpone(due.account_id, tx.now + _PAUSE)
