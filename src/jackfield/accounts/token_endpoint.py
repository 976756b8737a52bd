"""The provider's token endpoint, asked for one account through egress."""

from typing import Final

from jackfield.accounts.credentials import Credentials
from jackfield.accounts.provider import ProviderAccount, ProviderTransport, run_context
from jackfield.connectors.auth import AuthMethod
from jackfield.engine.errors import InvalidStep
from jackfield.engine.oauth.token_endpoint import TokenEndpoint
from jackfield.engine.ports import Transport
from jackfield.kit.redaction import Redactor
from jackfield.runtime import Hub

SECONDS: Final = 30
_MOST_BYTES: Final = 1024 * 1024


def token_endpoint(
    hub: Hub, account: ProviderAccount, method: AuthMethod, transport: Transport | None = None
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
    transport = transport or token_transport(hub, account)
    context = run_context(hub, account, transport, deadline=SECONDS, flow="refresh_authentication")
    return TokenEndpoint(
        method.oauth, context, hub.public_url, lambda url: compiled.allows(url, values)
    )


def token_transport(hub: Hub, account: ProviderAccount) -> ProviderTransport:
    """Return a transport whose answers are not masked: a token in one may be the one that was sent."""
    bare = Credentials(account.credentials.values, Redactor())
    return ProviderTransport(
        hub.egress, account.connector.compiled, bare, seconds=SECONDS, max_bytes=_MOST_BYTES
    )
