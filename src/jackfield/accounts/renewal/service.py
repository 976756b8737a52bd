"""Renewal of accounts' tokens: at use, ahead, and after a refusal."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from jackfield.accounts.access import AccountAccess, load_cached, open_credentials, open_tokens
from jackfield.accounts.models import AccountNotUsable
from jackfield.accounts.renewal import turns
from jackfield.accounts.renewal.source import CutShort, can_renew, request_tokens
from jackfield.accounts.renewal.turns import Turn
from jackfield.accounts.tokens.models import DueToken, TokenState
from jackfield.accounts.tokens.repo import AccountTokens
from jackfield.db.tx import DatabaseAway, DatabaseBusy, DatabaseNotWritable
from jackfield.engine.oauth.errors import ClientRefused, GrantRefused
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, Tokens, refresh_name
from jackfield.kit.errors import HubError, ProviderUnavailable
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.runtime import Hub

_FIRST_LOOK: Final = 0.05
_LATER_LOOKS: Final = 0.5
_SECOND_TRY: Final = 3.0
# A refusal of a token that is as new as this is about something else.
_NEW: Final = timedelta(seconds=60)
_STORE_TRIES: Final = 60
_MOST_SECONDS: Final = 10.0

_log = structlog.get_logger()


async def with_fresh_tokens(hub: Hub, access: AccountAccess) -> AccountAccess:
    """
    Return the account with access tokens that are good for a request.

    Raises:
        GrantRefused: the account must be linked again.
        ClientRefused: the provider refuses the OAuth app of the profile.
        HubError: a token has expired, and the provider gives no other now.
    """
    newest = access
    for token, times in access.token_times.items():
        if not times.is_stale(hub.clock()) or not can_renew(access, token):
            continue
        try:
            newer = await renewed(hub, access, token)
            _require_whole(hub, newer, token)
        except (GrantRefused, AccountNotUsable):
            raise
        except HubError as error:
            if times.is_expired(hub.clock()):
                raise
            _log.warning("token_not_renewed", account_id=access.account.id, code=error.code)
        else:
            newest = newer
    return newest


def _require_whole(hub: Hub, access: AccountAccess, token: str) -> None:
    """Raise if the newest tokens are half a renewal of the connector's: they are good for nothing."""
    times = access.token_times.get(token)
    if access.tokens is None or times is None:
        return
    if access.tokens.state.failures and times.is_expired(hub.clock()):
        raise _remembered(hub, access.tokens.state)


async def after_refusal(hub: Hub, access: AccountAccess) -> AccountAccess | None:
    """
    Return the account with other tokens than those that the provider just refused.

    Which of two it refused is not known. `None` if there is no use in asking for some: the refusal
    is about something else.

    Raises:
        HubError: as `renewed`.
    """
    newest = None
    for token, times in access.token_times.items():
        if not can_renew(access, token):
            continue
        state = await _find(hub, access.project_id, access.account.id)
        if state is None:
            return None
        is_same = state.of_generation(token, times.generation) is not None
        if not is_same or hub.clock() >= times.renewed_at + _NEW:
            newest = await renewed(hub, access, token)
    return newest


async def renewed(hub: Hub, access: AccountAccess, token: str = ACCESS_TOKEN) -> AccountAccess:
    """
    Return the account with a newer `token` than that of `access`.

    Raises:
        GrantRefused: the provider no longer honors the sign-in; the account must be linked again.
        ClientRefused: the provider refuses the OAuth app of the profile.
        HubError: it gives no tokens now.
    """
    project_id, account = access.project_id, access.account
    generation = access.token_times[token].generation
    narrowing = None if access.narrowing is None else access.narrowing.id

    async def work() -> None:
        await _renew(hub, project_id, account.id, generation, token)
        # Once for all who wait.
        hub.cache.forget(project_id, account.id)
        await load_cached(hub, project_id, account.id, profile_id=narrowing)

    await hub.renewals.run((account.id, token, generation), work)
    return await load_cached(hub, project_id, account.id, profile_id=narrowing)


async def renew_ahead(hub: Hub, due: DueToken) -> None:
    """Renew a token before it is needed, unless another process does; raises as `renewed`."""
    project_id, account_id = due.project_id, due.account_id
    work = partial(_renew, hub, project_id, account_id, due.generation, due.token, waits=False)
    await hub.renewals.run(("ahead", account_id, due.token, due.generation), work)


async def _renew(
    hub: Hub,
    project_id: ProjectId,
    account_id: AccountId,
    generation: int,
    token: str = ACCESS_TOKEN,
    *,
    waits: bool = True,
) -> None:
    while turn := await _await_turn(hub, project_id, account_id, generation, token, waits=waits):
        with _counted(turn):
            try:
                tokens = await _ask(turn)
            except GrantRefused:
                await _ask_again(turn)
            else:
                await _keep(turn, tokens)
        # A request for the other token, of unknown outcome, may have come first.
        if turn.token == token:
            return


@contextmanager
def _counted(turn: Turn) -> Generator[None]:
    """Count how a renewal ends, for metrics."""
    outcome = "failed"
    try:
        yield
        outcome = "renewed"
    except GrantRefused:
        outcome = "needs_relink"
        raise
    except ClientRefused:
        outcome = "client_refused"
        raise
    finally:
        if turn.hub.counters is not None:
            turn.hub.counters.renewals.add(turn.access.connector.key, outcome)


async def _await_turn(
    hub: Hub,
    project_id: ProjectId,
    account_id: AccountId,
    generation: int,
    token: str,
    *,
    waits: bool,
) -> Turn | None:
    """Wait for the turn to renew; `None` if another process has renewed, or `waits` is not set."""
    failures, pause = None, _FIRST_LOOK
    while True:
        state = await _find(hub, project_id, account_id)
        if state is None or state.of_generation(token, generation) is None:
            return None
        if failures is not None and state.failures > failures and not _is_final(state):
            # What another process asked for failed for this one, too.
            raise _remembered(hub, state)
        now = hub.clock()
        if not state.is_leased(now):
            if waits and state.retry_at is not None and state.retry_at > now:
                raise _remembered(hub, state)
            turn = await turns.take(hub, project_id, account_id, generation, token)
            if turn is not None:
                return turn
        if not waits:
            return None
        failures = state.failures if failures is None else failures
        await hub.sleep(pause)
        pause = min(pause * 1.5, _LATER_LOOKS)


async def _ask(turn: Turn) -> Tokens:
    """Ask the provider, and note it if that fails for a reason that may pass."""
    hub, access = turn.hub, turn.access
    before = open_tokens(hub, access) or {}
    try:
        credentials = open_credentials(hub, access)
        _require_time(turn)
        given = await request_tokens(hub, access, credentials, turn.token)
        tokens = _completed(turn, given, before)
    except CutShort as cut:
        _log.warning("renewal_cut_short", account_id=access.account.id, code=cut.error.code)
        await _keep(turn, _completed(turn, cut.tokens, before))
        await _note(partial(turns.give_up, turn, cut.error), hub)
        raise cut.error from None
    except GrantRefused:
        raise
    except ClientRefused as refused:
        await _note(partial(turns.give_up, turn, refused), hub)
        _log.warning("oauth_client_refused", profile_id=access.profile.id)
        raise turns.client_refused(access) from None
    except HubError as error:
        await _note(partial(turns.give_up, turn, error), hub)
        raise
    for warning in tokens.warnings:
        _log.warning("odd_token_answer", account_id=access.account.id, detail=warning)
    return tokens


def _completed(turn: Turn, given: Tokens, before: Mapping[str, str]) -> Tokens:
    """Return the tokens that were given, with what they leave out as it was before."""
    if given.refresh_expires_at is None and not given.values.get(refresh_name(turn.token)):
        given = replace(given, refresh_expires_at=turn.times.refresh_expires_at)
    return given.after(before)


def _require_time(turn: Turn) -> None:
    if turn.is_late:
        late = ProviderUnavailable("the hub was held up before it could renew the account's tokens")
        late.nothing_sent = True
        raise late


async def _ask_again(turn: Turn) -> None:
    """
    Find out whether a refused grant is a race with another request, or the end of the sign-in.

    A refresh token that may have been used before is not tried once more.
    """
    hub, access = turn.hub, turn.access
    await hub.sleep(_SECOND_TRY)
    if not turn.may_be_spent and (again := await turns.take_again(turn)) is not None:
        turn = again
        with suppress(GrantRefused):
            await _keep(turn, await _ask(turn))
            return
    if await turns.condemn(turn):
        _log.warning("account_needs_relink", account_id=access.account.id, asked=turn.token)
        raise turns.grant_refused(access, turn.token)
    generation = turn.times.generation
    await _renew(hub, access.project_id, access.account.id, generation, turn.token)


async def _keep(turn: Turn, tokens: Tokens) -> None:
    await _note(partial(turns.keep, turn, tokens), turn.hub)


async def _note(write: Callable[[], Awaitable[None]], hub: Hub) -> None:
    """Write, however long the database is away: what is lost here was given only once."""
    for attempt in range(_STORE_TRIES):
        try:
            return await write()
        except (DatabaseAway, DatabaseBusy, DatabaseNotWritable) as error:
            _log.error("renewal_not_stored", code=error.code, attempt=attempt)
            await hub.sleep(min(0.5 * 2 ** min(attempt, 6), _MOST_SECONDS))
    return await write()


async def _find(hub: Hub, project_id: ProjectId, account_id: AccountId) -> TokenState | None:
    async with hub.db.read(project_id) as tx:
        return await AccountTokens(tx).find(account_id)


def _is_final(state: TokenState) -> bool:
    """Whether trying again tells at once, and in better words, why there are no new tokens."""
    return state.failure_code in {GrantRefused.code, ClientRefused.code}


def _remembered(hub: Hub, state: TokenState) -> HubError:
    """Return the error of a request that failed a moment ago."""
    now = hub.clock()
    wait = 1.0 if state.retry_at is None else max(1.0, (state.retry_at - now).total_seconds())
    msg = (
        f"the account's tokens could not be renewed ({state.failure_code}); "
        f"that is tried again in {wait:.0f} seconds"
    )
    return ProviderUnavailable(msg, retry_after=wait)
