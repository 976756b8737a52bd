"""Turns to ask for an account's next tokens: lease, journal and result, in the database."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from jackfield.accounts.access import AccountAccess, load
from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.models import (
    Account,
    AccountNotFound,
    AccountNotUsable,
    AccountStatus,
    StatusReason,
)
from jackfield.accounts.renewal.source import can_renew
from jackfield.accounts.repo import Accounts
from jackfield.accounts.status import (
    NEEDS_RELINK,
    is_ending,
    must_be_relinked,
    save_changed,
    update_status,
    usable_status,
)
from jackfield.accounts.token_endpoint import SECONDS
from jackfield.accounts.tokens.models import TokenState, TokenTimes
from jackfield.accounts.tokens.repo import AccountTokens
from jackfield.accounts.tokens.store import write_tokens
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.engine.oauth.errors import ClientRefused, GrantRefused, TokenRefused
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, Tokens
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError, ProviderError, ProviderRateLimited
from jackfield.kit.ids import ProjectId
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("token_renewal")
LEASE: Final = timedelta(seconds=SECONDS + 15)
_LONGEST_PAUSE: Final = timedelta(seconds=60)
_AHEAD_PAUSE: Final = timedelta(seconds=30)
_LONGEST_AHEAD_PAUSE: Final = timedelta(minutes=15)
_LONGEST_WAIT: Final = timedelta(hours=1)
_CLIENT_PAUSE: Final = timedelta(minutes=5)
_REFUSED: Final = 400
_ELSEWHERE: Final = (
    "another hub has the account, and renews its tokens; resume it once that hub does so no more"
)
_FAILED: Final = 500

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Turn:
    """
    The turn of one process to ask once for an account's next tokens: for another `token`.

    `may_be_spent` says that its refresh token may have been used before: what became of that
    request is not known.
    """

    hub: Hub
    access: AccountAccess
    state: TokenState
    intent: int
    until: datetime
    may_be_spent: bool
    token: str = ACCESS_TOKEN

    @property
    def times(self) -> TokenTimes:
        """The times of the token that is to be replaced."""
        return self.state.times[self.token]

    @property
    def is_late(self) -> bool:
        """Whether a request begun now might last until others may have the turn."""
        return self.hub.clock() + timedelta(seconds=SECONDS) > self.until


async def take(
    hub: Hub, project_id: ProjectId, account_id: str, generation: int, token: str = ACCESS_TOKEN
) -> Turn | None:
    """
    Take the turn to replace the `token` of a generation, and write the intent.

    If it is not known what became of a request for the account's other token, the turn is for that
    one: the journal has room for one request. `None` means that the token is replaced, or that
    another process has the turn.

    Raises:
        AccountNotFound, AccountNotUsable: the account cannot be used.
        GrantRefused: the account must be linked again.
        ClientRefused: the provider refuses the OAuth app of the profile.
    """
    async with hub.db.write(project_id, ACTOR) as tx:
        access = await load(tx, hub, account_id)
        if access.account.is_elsewhere:
            raise AccountNotUsable(_ELSEWHERE, account_id=access.account.id)
        state = None if access.tokens is None else access.tokens.state
        if state is None or state.is_leased(tx.now):
            return None
        if state.of_generation(token, generation) is None:
            return None
        if state.intent_at is not None and state.asked and can_renew(access, state.asked):
            token = state.asked
        _require_hope(access, state, token, tx.now)
        return await _begin(tx, hub, access, state, token)


async def take_again(turn: Turn) -> Turn | None:
    """Take one more turn after the provider refused the grant; `None` if that ends nothing."""
    async with turn.hub.db.write(turn.access.project_id, ACTOR) as tx:
        state = await AccountTokens(tx).find(turn.access.account.id)
        if state is None or (state.generation, state.intent) != (
            turn.state.generation,
            turn.intent,
        ):
            return None
        return await _begin(tx, turn.hub, turn.access, state, turn.token)


async def keep(turn: Turn, tokens: Tokens) -> None:
    """
    Store the tokens that the provider gave, unless newer ones are there.

    They are kept even if the turn is over: whoever asked later will not get the same ones.
    """
    access = turn.access
    async with turn.hub.db.write(access.project_id, ACTOR) as tx:
        account, state = await _present(tx, access.account)
        if account is None or state is None or state.generation >= turn.intent:
            _log.info("tokens_dropped", account_id=access.account.id, intent=turn.intent)
            return
        mine = state.intent == turn.intent
        state = replace(
            state,
            generation=turn.intent,
            intent_at=None if mine else state.intent_at,
            leased_until=None if mine else state.leased_until,
        )
        if tokens.scopes is None:
            tokens = replace(tokens, scopes=state.scopes)
        await write_tokens(
            tx, turn.hub.vault, tokens, state, method=access.method, token=turn.token
        )
        await AccountHistory(tx).add(account.id, ChangeKind.RENEWED)
        await record(
            tx,
            AuditKind.CREDENTIALS_RENEWED,
            account.id,
            details={"replaced": turn.token, "generation": state.generation},
        )
        if account.status is AccountStatus.ERROR and must_be_relinked(account):
            status = await usable_status(tx, account)
            await save_changed(tx, replace(account, status=status, status_reasons=()))
        if access.profile.client_refused_at is not None:
            await Profiles(tx).note_client(access.profile.id, None)
    turn.hub.cache.forget(access.project_id, access.account.id)


async def give_up(turn: Turn, error: HubError) -> None:
    """Note that the request failed for a reason that may pass, and when it is tried again."""
    access, now = turn.access, turn.hub.clock()
    async with turn.hub.db.write(access.project_id, ACTOR) as tx:
        account, state = await _present(tx, access.account)
        if account is None or state is None or state.intent != turn.intent:
            return
        pause, ahead = _pauses(state.failures + 1, error)
        may_be_spent = turn.may_be_spent or not _is_definite(error)
        await AccountTokens(tx).end(
            account.id,
            code=error.code,
            intent_at=state.intent_at if may_be_spent else None,
            retry_at=now + pause,
            due_at=state.due_at and now + ahead,
        )
        await AccountHistory(tx).add(account.id, ChangeKind.NOT_RENEWED, error.code)
        if isinstance(error, ClientRefused):
            await Profiles(tx).note_client(access.profile.id, now)


async def condemn(turn: Turn) -> bool:
    """
    Note that the account must be linked again; return false if others ask, or have asked, for it.

    Nothing is deleted: tokens that come back late make it usable again.
    """
    access = turn.access
    async with turn.hub.db.write(access.project_id, ACTOR) as tx:
        account, state = await _present(tx, access.account)
        if account is None or state is None:
            return True
        if (state.generation, state.intent) != (turn.state.generation, turn.intent):
            return False
        await AccountTokens(tx).end(
            account.id, code=GrantRefused.code, intent_at=None, retry_at=None, due_at=None
        )
        words = f"{_refused_words(turn.token)}. Link the account again."
        await update_status(tx, account, StatusReason(NEEDS_RELINK, words, tx.now))
        return True


def client_refused(access: AccountAccess) -> ClientRefused:
    profile = access.profile
    msg = (
        f"the provider does not accept the OAuth app of the connector profile {profile.name!r}; "
        "check its setup"
    )
    return ClientRefused(msg, profile_id=profile.id)


def grant_refused(access: AccountAccess, token: str = ACCESS_TOKEN) -> GrantRefused:
    words = f"{_refused_words(token)}. Link the account again."
    refused = GrantRefused(words, account_id=access.account.id)
    refused.relink = access.account.id
    return refused


def _refused_words(token: str) -> str:
    which = "" if token == ACCESS_TOKEN else f" for `{token}`, the second token"
    return f"The provider no longer honors the account's sign-in{which}"


async def _begin(tx: Tx, hub: Hub, access: AccountAccess, state: TokenState, token: str) -> Turn:
    intent, until = state.intent + 1, tx.now + LEASE
    await AccountTokens(tx).begin(state.account_id, intent=intent, until=until, asked=token)
    return Turn(hub, access, state, intent, until, state.intent_at is not None, token)


def _require_hope(access: AccountAccess, state: TokenState, token: str, now: datetime) -> None:
    if is_ending(access.account):
        access.account.require_usable()
    if not can_renew(access, token):
        msg = "there is no way to renew the account's tokens"
        raise TokenRefused(msg, account_id=access.account.id)
    if state.failure_code == GrantRefused.code:
        raise grant_refused(access, state.asked or token)
    refused_at = access.profile.client_refused_at
    if refused_at is not None and now < refused_at + _CLIENT_PAUSE:
        raise client_refused(access)


async def _present(tx: Tx, before: Account) -> tuple[Account | None, TokenState | None]:
    """Return the account and its tokens as they are; nothing if it has other credentials now."""
    try:
        account = await Accounts(tx).get(before.id)
    except AccountNotFound:
        return None, None
    if account.generation != before.generation:
        return None, None
    return account, await AccountTokens(tx).find(account.id)


def _is_definite(error: HubError) -> bool:
    """Tell whether it is certain that the request gave no tokens."""
    if error.nothing_sent or isinstance(error, TokenRefused | ProviderRateLimited):
        return True
    answer = error.answer if isinstance(error, ProviderError) else None
    return answer is not None and _REFUSED <= answer.status < _FAILED


def _pauses(failures: int, error: HubError) -> tuple[timedelta, timedelta]:
    """Return how long calls wait before the next request, and how long the worker does."""
    told = timedelta(seconds=error.retry_after or 0)
    pause = timedelta(0) if failures == 1 else timedelta(seconds=2 ** min(failures - 1, 6))
    ahead = min(_AHEAD_PAUSE * 2 ** min(failures - 1, 6), _LONGEST_AHEAD_PAUSE)
    ahead *= 1 + random.random() / 4  # noqa: S311 - spreads work, and hides nothing
    return (
        max(min(pause, _LONGEST_PAUSE), min(told, _LONGEST_PAUSE)),
        max(ahead, min(told, _LONGEST_WAIT)),
    )
