"""The provider's token endpoint, asked for one account through egress."""

from typing import Final
from urllib.parse import urlsplit

from jackfield.accounts.credentials import Credentials
from jackfield.accounts.provider import ProviderAccount, ProviderTransport, run_context
from jackfield.connectors.auth import AuthMethod
from jackfield.engine.errors import InvalidStep
from jackfield.engine.oauth.token_endpoint import TokenEndpoint
from jackfield.engine.ports import Request, Response
from jackfield.engine.run_context import RunContext
from jackfield.kit.errors import HubError
from jackfield.kit.redaction import Redactor
from jackfield.runtime import Hub

SECONDS: Final = 30
_MOST_BYTES: Final = 1024 * 1024
_FAILED: Final = 500
_TOO_MANY: Final = 429


class TokenTransport:
    """
    The transport of token requests; `answers` are those it got.

    They are not masked: a token in one may be the one that was sent. Hosts that fail are left alone
    for a while.
    """

    def __init__(
        self, hub: Hub, account: ProviderAccount, *, parts: frozenset[str] = frozenset()
    ) -> None:
        self._hub = hub
        given = account.credentials
        bare = Credentials(given.values, Redactor(), given.is_decoy)
        self._transport = ProviderTransport(
            hub.egress,
            account.connector.compiled,
            bare,
            seconds=SECONDS,
            max_bytes=_MOST_BYTES,
            parts=parts,
        )
        self.answers: list[Response] = []
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
        self.answers.append(response)
        return response


def token_context(hub: Hub, account: ProviderAccount, transport: TokenTransport) -> RunContext:
    """Return the context of a request for tokens."""
    return run_context(hub, account, transport, deadline=SECONDS, flow="refresh_authentication")


def token_endpoint(
    hub: Hub, account: ProviderAccount, method: AuthMethod, transport: TokenTransport | None = None
) -> TokenEndpoint:
    """
    Return the token endpoint of an auth method, for an account's credentials.

    Raises:
        InvalidStep: the connector declares none.
    """
    if method.oauth is None:
        msg = "the connector does not say where tokens come from"
        raise InvalidStep(msg)
    compiled, values = account.connector.compiled, account.credentials.values
    context = token_context(hub, account, transport or TokenTransport(hub, account))
    parts = method.typed_beside_setup(values)
    return TokenEndpoint(
        method.oauth, context, hub.public_url, lambda url: compiled.allows(url, values, parts=parts)
    )
