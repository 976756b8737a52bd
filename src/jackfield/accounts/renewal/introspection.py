"""Introspection of access tokens whose end only the provider knows."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from jackfield.accounts.access import AccountAccess, load, open_credentials
from jackfield.accounts.provider import ProviderAccount, safe
from jackfield.accounts.renewal.source import can_renew
from jackfield.accounts.renewal.turns import ACTOR
from jackfield.accounts.status import is_ending
from jackfield.accounts.token_endpoint import token_endpoint
from jackfield.accounts.tokens.models import DueIntrospection, TokenTimes
from jackfield.accounts.tokens.repo import AccountTokens
from jackfield.accounts.tokens.schedule import times_of
from jackfield.engine.oauth.errors import GrantRefused
from jackfield.engine.oauth.introspection import TokenLife
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, REFRESH_TOKEN, TokenEnds
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub

_SPREAD: Final = 0.25
_CLOSE: Final = timedelta(seconds=2)

_log = structlog.get_logger()


async def introspect(hub: Hub, due: DueIntrospection) -> None:
    """
    Ask a provider whether an account's access token is good, and plan its renewal by that.

    A token that is not good any more is renewed now. Without an answer everything stays as it is.
    """
    try:
        access = await _claim(hub, due)
        if access is not None:
            await _note(hub, access, await _ask(hub, access))
    except HubError as error:
        _log.info("token_not_introspected", account_id=due.account_id, code=error.code)


async def _claim(hub: Hub, due: DueIntrospection) -> AccountAccess | None:
    """Return the account, and plan the next time; `None` if another process asks, or none has to."""
    async with hub.db.write(due.project_id, ACTOR) as tx:
        access = await load(tx, hub, due.account_id, method_required=False)
        state = None if access.tokens is None else access.tokens.state
        if state is None or state.introspect_at is None or state.introspect_at > tx.now:
            return None
        every = _interval(access)
        again = None if every is None else tx.now + every * (1 - _SPREAD * _some())
        await AccountTokens(tx).introspect_at(state.account_id, again)
        return None if again is None else access


def _interval(access: AccountAccess) -> timedelta | None:
    """Return the interval of introspection; `None` if nothing would come of it."""
    connector = access.catalog.find(access.account.provider)
    method = None if connector is None else connector.find_auth_method(access.account.auth_method)
    oauth = None if method is None else method.oauth
    if oauth is None or oauth.introspection is None or access.tokens is None:
        return None
    is_over = access.tokens.state.failure_code == GrantRefused.code or is_ending(access.account)
    if is_over or not can_renew(access):
        return None
    return timedelta(seconds=oauth.introspection.every)


async def _ask(hub: Hub, access: AccountAccess) -> TokenLife:
    credentials = open_credentials(hub, access)
    endpoint = token_endpoint(hub, ProviderAccount.of(access, credentials), access.method)
    try:
        return await endpoint.introspect()
    except HubError as error:
        raise safe(error, credentials.redactor) from None


async def _note(hub: Hub, access: AccountAccess, life: TokenLife) -> None:
    """Store when the token ends, unless it was renewed meanwhile."""
    assert access.tokens is not None
    asked = access.tokens.state.times[ACCESS_TOKEN]
    async with hub.db.write(access.project_id, ACTOR) as tx:
        state = await AccountTokens(tx).find(access.account.id)
        known = None if state is None else state.of_generation(ACCESS_TOKEN, asked.generation)
        if state is None or known is None:
            return
        times = _times(access, known, life, tx.now)
        if _is_close(times.expires_at, known.expires_at) and _is_close(
            times.stale_at, known.stale_at
        ):
            return
        other = state.with_times({**state.times, ACCESS_TOKEN: times})
        # After a failure, the next request has its time.
        other = replace(other, due_at=state.due_at) if state.failures else other
        await AccountTokens(tx).change_times(other)
    hub.cache.forget(access.project_id, access.account.id)


def _times(access: AccountAccess, known: TokenTimes, life: TokenLife, now: datetime) -> TokenTimes:
    if not life.is_active:
        # Not as expired: providers say so of good tokens, too, to those who may not know.
        # A new one would be renewed again and again.
        is_new = now < known.renewed_at + (_interval(access) or timedelta()) * (1 - _SPREAD)
        is_left = is_new or known.is_stale(now)
        return known if is_left else replace(known, stale_at=now, due_at=now)
    assert access.tokens is not None
    return times_of(
        TokenEnds(ACCESS_TOKEN, life.expires_at, known.refresh_expires_at),
        known.renewed_at,
        access.method,
        generation=known.generation,
        has_refresh_token=REFRESH_TOKEN in access.tokens.secrets.fields,
    )


def _is_close(one: datetime | None, other: datetime | None) -> bool:
    """Tell whether two moments are the same but for fractions of a second."""
    return one == other or (one is not None and other is not None and abs(one - other) < _CLOSE)


def _some() -> float:
    return random.random()  # noqa: S311 - spreads work, and hides nothing
