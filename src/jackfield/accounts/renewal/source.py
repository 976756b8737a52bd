"""The source of new tokens: the request that is made for those of an account."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from jackfield.accounts.access import AccountAccess
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.provider import ProviderAccount, safe
from jackfield.accounts.renewal.refusals import blamed, json_of, refusal_in
from jackfield.accounts.token_endpoint import TokenTransport, token_context, token_endpoint
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.auth_actions import Refresh
from jackfield.engine.oauth import token_endpoint as oauth
from jackfield.engine.oauth.errors import ClientRefused, GrantRefused
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, ID_TOKEN, REFRESH_TOKEN, Tokens
from jackfield.engine.ports import Response
from jackfield.engine.provider_clocks import REFUSALS, statements_of
from jackfield.kit.errors import HubError, ProviderError, UnreadableAnswer
from jackfield.kit.json import Json, as_object, is_list, words
from jackfield.runtime import Hub

_LONGEST: Final = timedelta(days=3660)
_SUCCESS: Final = range(200, 300)
_NOT_KEPT: Final = frozenset({"expiresIn", "refreshExpiresIn", "scopes"})
_STANDARD: Final = {
    "access_token": ACCESS_TOKEN, "refresh_token": REFRESH_TOKEN, "id_token": ID_TOKEN,
    "expires_in": "expiresIn",
}  # fmt: skip

_log = structlog.get_logger()


class CutShort(Exception):
    """The provider gave `tokens`, and a later step of the connector's renewal failed with `error`."""

    def __init__(self, tokens: Tokens, error: HubError) -> None:
        super().__init__(error.detail)
        self.tokens: Final = tokens
        self.error: Final = error


def can_renew(access: AccountAccess, token: str = ACCESS_TOKEN) -> bool:
    """Tell whether there is a way to get another access token for an account's `token`."""
    if access.tokens is None:
        return False
    method = access.method
    if method.refresh is not None:
        return token == ACCESS_TOKEN
    return method.oauth is not None and oauth.can_renew(
        method.oauth, access.tokens.secrets.fields, token
    )


async def request_tokens(
    hub: Hub, access: AccountAccess, credentials: Credentials, token: str
) -> Tokens:
    """
    Ask the provider once for new tokens of an account: another `token`, and what comes with it.

    Raises:
        GrantRefused: it no longer honors the account's sign-in.
        ClientRefused: it does not take the OAuth app of the profile.
        CutShort: what it gave is not all that the connector needs.
        HubError: there are none for another reason, which may pass.
    """
    account = ProviderAccount.of(access, credentials)
    return await _request(hub, account, access.method, token)


async def request_for(hub: Hub, account: ProviderAccount, method: AuthMethod) -> Tokens:
    """
    Ask for tokens of an account that may not be linked yet, without its user.

    Raises:
        HubError: as `request_tokens`.
    """
    try:
        return await _request(hub, account, method)
    except CutShort as cut:
        raise cut.error from None


async def _request(
    hub: Hub, account: ProviderAccount, method: AuthMethod, token: str = ACCESS_TOKEN
) -> Tokens:
    renewal = None if method.refresh is None else method.refresh.action
    parts = method.typed_beside_setup(account.credentials.values, renewal)
    transport, now = TokenTransport(hub, account, parts=parts), hub.clock()
    try:
        if method.refresh is None:
            return await token_endpoint(hub, account, method, transport).request_renewal(token)
        return read_tokens(await _run(hub, account, method.refresh, transport), now)
    except HubError as error:
        own = method.has_own_app(account.credentials.values)
        given, refused = dict[str, Json](), error
        if method.refresh is not None:
            successes = _successes(transport)
            given = _given_in(successes)
            said = (refusal_in(each.body) for each in successes)
            refused = next(filter(None, said), None) or blamed(error, own_credentials=own)
        if own and isinstance(refused, ClientRefused):
            # The app is the account's own: the profile has none.
            reason, faults = refused.context.get("reason"), refused.faults
            refused = GrantRefused(
                refused.detail, answer=refused.answer, faults=faults, reason=reason
            )
        if given and isinstance(refused, GrantRefused):
            # What the endpoint gave is good, whatever became of the steps after it.
            _log.warning("renewal_cut_short", account_id=account.id, code=error.code)
            return read_tokens(given, now)
        refused.nothing_sent = not transport.has_sent
        refused = safe(refused, account.credentials.redactor)
        if given:
            raise CutShort(replace(read_tokens(given, now), expires_at=now), refused) from None
        raise refused from None


async def _run(
    hub: Hub, account: ProviderAccount, renewal: Refresh, transport: TokenTransport
) -> Mapping[str, Json]:
    """Run a connector's action; once more if what it signed was refused for its time."""
    context = token_context(hub, account, transport)
    place = statements_of(account.connector.key, account.context)
    before = hub.clocks.ahead(place)
    try:
        result = await renewal.compiled.run(context)
    except ProviderError as error:
        # Without an answer, it may have spent the refresh token.
        is_refused = error.answer is not None and error.answer.status in REFUSALS
        if _successes(transport) or not is_refused or hub.clocks.ahead(place) == before:
            raise
        result = await renewal.compiled.run(context)
    return as_object(result.data)


def _successes(transport: TokenTransport) -> list[Response]:
    return [each for each in transport.answers if each.status in _SUCCESS]


def _given_in(answers: list[Response]) -> dict[str, Json]:
    """Return what an answer gives in the words of the standard, at its top."""
    for answer in answers:
        document = json_of(answer.body)
        if isinstance(document.get("access_token"), str):
            return {
                ours: document[theirs] for theirs, ours in _STANDARD.items() if theirs in document
            }
    return {}


def read_tokens(given: Mapping[str, Json], now: datetime) -> Tokens:
    """
    Read the tokens that a connector's action returns.

    Raises:
        UnreadableAnswer: there is no access token among them.
    """
    warnings: list[str] = []
    values = {
        name: str(value)
        for name, value in given.items()
        if name not in _NOT_KEPT and isinstance(value, str | int | float) and value != ""
    }
    if not isinstance(given.get(ACCESS_TOKEN), str) or not values.get(ACCESS_TOKEN):
        msg = "the connector's renewal returned no access token"
        raise UnreadableAnswer(msg)
    scopes = given.get("scopes")
    return Tokens(
        values,
        _end(given, "expiresIn", now, warnings),
        _end(given, "refreshExpiresIn", now, warnings),
        tuple(map(str, scopes)) if is_list(scopes) else tuple(words(scopes)) or None,
        tuple(warnings),
    )


def _end(
    given: Mapping[str, Json], name: str, now: datetime, warnings: list[str]
) -> datetime | None:
    """Return when a lifetime in seconds is over; one that makes no sense is as if not given."""
    value = given.get(name)
    if value is None or value == "":
        return None
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not math.isfinite(seconds) or not 0 <= seconds <= _LONGEST.total_seconds():
        warnings.append(f"`{name}` is not a number of seconds")
        return None
    return now + timedelta(seconds=seconds)
