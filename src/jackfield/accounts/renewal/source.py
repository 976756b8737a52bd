"""The source of new tokens: the request that is made for those of an account."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import structlog

from jackfield.accounts.access import AccountAccess
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.provider import ProviderAccount, run_context, safe
from jackfield.accounts.renewal.refusals import blamed, json_of, refusal_in
from jackfield.accounts.token_endpoint import SECONDS, token_endpoint, token_transport
from jackfield.connectors.auth import AuthMethod, Refresh
from jackfield.engine.oauth.token_endpoint import can_renew as endpoint_can_renew
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, ID_TOKEN, REFRESH_TOKEN, Tokens
from jackfield.engine.ports import Request, Response
from jackfield.kit.errors import HubError, UnreadableAnswer
from jackfield.kit.json import Json, as_object, is_list, words
from jackfield.runtime import Hub

_LONGEST: Final = timedelta(days=3660)
_SKEW: Final = timedelta(seconds=30)
_FAILED: Final = 500
_TOO_MANY: Final = 429
_SUCCESS: Final = range(200, 300)
_STANDARD: Final = {
    "access_token": ACCESS_TOKEN, "refresh_token": REFRESH_TOKEN, "id_token": ID_TOKEN,
    "expires_in": "expiresIn",
}  # fmt: skip

_log = structlog.get_logger()


def can_renew(access: AccountAccess) -> bool:
    """Tell whether there is a way to get new tokens for those of an account."""
    if access.tokens is None:
        return False
    method, names = access.method, access.tokens.secrets.fields
    return method.refresh is not None or (
        method.oauth is not None and endpoint_can_renew(method.oauth, names)
    )


async def request_tokens(hub: Hub, access: AccountAccess, credentials: Credentials) -> Tokens:
    """
    Ask the provider once for new tokens of an account.

    Raises:
        GrantRefused: it no longer honors the account's sign-in.
        ClientRefused: it does not take the OAuth app of the profile.
        HubError: there are none for another reason, which may pass.
    """
    return await request_for(hub, ProviderAccount.of(access, credentials), access.method)


async def request_for(hub: Hub, account: ProviderAccount, method: AuthMethod) -> Tokens:
    """
    Ask for tokens of an account that may not be linked yet, without its user.

    Raises:
        HubError: as `request_tokens`.
    """
    transport = _TokenTransport(hub, account)
    try:
        if method.refresh is not None:
            return await _run_action(hub, account, method.refresh, transport)
        return await token_endpoint(hub, account, method, transport).request_renewal()
    except HubError as error:
        refused = transport.refusal or blamed(error, own_credentials=not method.setup_fields)
        refused.nothing_sent = not transport.has_sent
        raise safe(refused, account.credentials.redactor) from None


async def _run_action(
    hub: Hub, account: ProviderAccount, refresh: Refresh, transport: "_TokenTransport"
) -> Tokens:
    context = run_context(hub, account, transport, deadline=SECONDS, flow="refresh_authentication")
    try:
        result = await refresh.compiled.run(context)
        return read_tokens(as_object(result.data), hub.clock())
    except HubError as error:
        if transport.given is None:
            raise
        # What the endpoint gave is good, whatever became of the steps after it.
        _log.warning("renewal_cut_short", account_id=account.id, code=error.code)
        return read_tokens(transport.given, hub.clock())


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


_NOT_KEPT: Final = frozenset({"expiresIn", "refreshExpiresIn", "scopes"})


def _end(
    given: Mapping[str, Json], name: str, now: datetime, warnings: list[str]
) -> datetime | None:
    """Return when a lifetime in seconds is over; one that makes no sense is as if not given."""
    value = given.get(name)
    if value is None or value == "":
        return None
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not math.isfinite(seconds) or not 0 <= seconds <= _LONGEST.total_seconds():
        warnings.append(f"`{name}` is not a number of seconds")
        return None
    return now + timedelta(seconds=seconds)


class _TokenTransport:
    """
    The transport of token requests.

    Hosts that fail are left alone for a while.
    """

    def __init__(self, hub: Hub, account: ProviderAccount) -> None:
        self._hub = hub
        self._transport = token_transport(hub, account)
        self.given: Mapping[str, Json] | None = None
        self.refusal: HubError | None = None
        self.has_sent = False

    async def send(self, request: Request) -> Response:
        host = urlsplit(request.url).netloc
        async with self._hub.token_hosts.enter(host) as attempt:
            before, self.has_sent = self.has_sent, True
            try:
                response = await self._transport.send(request)
            except HubError as error:
                self.has_sent = before or not error.nothing_sent
                raise
            attempt.failed = response.status >= _FAILED or response.status == _TOO_MANY
        if response.status in _SUCCESS:
            self._note(response.body)
        self._compare_clocks(host, response.headers.get("date"))
        return response

    def _note(self, body: bytes) -> None:
        """Keep what an answer gives, or its refusal: in the words of the standard, at its top."""
        document = json_of(body)
        self.refusal = self.refusal or refusal_in(body)
        if self.given is None and isinstance(document.get("access_token"), str):
            self.given = {
                ours: document[theirs] for theirs, ours in _STANDARD.items() if theirs in document
            }

    def _compare_clocks(self, host: str, date: str | None) -> None:
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        offset = (told if told.tzinfo else told.replace(tzinfo=UTC)) - self._hub.clock()
        if abs(offset) > _SKEW:
            _log.warning("clock_skew", host=host, seconds=round(offset.total_seconds()))
