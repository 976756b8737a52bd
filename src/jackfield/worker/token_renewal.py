"""Renewal of tokens ahead of their expiry."""

from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from jackfield.accounts.renewal.service import renew_ahead
from jackfield.accounts.renewal.turns import ACTOR, LEASE
from jackfield.accounts.tokens.models import DueTokens
from jackfield.accounts.tokens.repo import AccountTokens, claim_tokens
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.worker.claims import work_off

_AT_ONCE: Final = 16
_PAUSE: Final = timedelta(minutes=15)

_log = structlog.get_logger()


async def renew_due(hub: Hub) -> None:
    """Renew the tokens that are due, some at a time; those that fail are due again later."""

    async def claim(most: int) -> list[DueTokens]:
        return await claim_tokens(hub.db, until=hub.clock() + LEASE, most=most)

    await work_off(claim, partial(_renew, hub), at_once=_AT_ONCE)


async def _renew(hub: Hub, due: DueTokens) -> None:
    for token in due.tokens:
        try:
            await renew_ahead(hub, token)
        except HubError as error:
            _log.warning("token_not_renewed", account_id=due.account_id, code=error.code)
            await _postpone(hub, due)


async def _postpone(hub: Hub, due: DueTokens) -> None:
    """Leave tokens alone for a while that cannot even be asked for: their connector is gone."""
    async with hub.db.write(due.project_id, ACTOR) as tx:
        state = await AccountTokens(tx).find(due.account_id)
        if state is not None and state.due_at is not None and state.due_at <= tx.now:
            await AccountTokens(tx).postpone(due.account_id, tx.now + _PAUSE)
