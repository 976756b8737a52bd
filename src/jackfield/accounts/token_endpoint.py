"""The provider's token endpoint, asked for one account through egress."""

from typing import Final

from jackfield.accounts.credentials import Credentials
from jackfield.accounts.provider import ProviderAccount, ProviderTransport, run_context
from jackfield.connectors.auth import AuthMethod
from jackfield.engine.errors import InvalidStep
from jackfield.engine.oauth.token_endpoint import TokenEndpoint
from jackfield.kit.redaction import Redactor
from jackfield.runtime import Hub

_SECONDS: Final = 30
_MOST_BYTES: Final = 1024 * 1024


def token_endpoint(hub: Hub, account: ProviderAccount, method: AuthMethod) -> TokenEndpoint:
    """
    Return the token endpoint of an auth method, for an account's credentials.

    Raises:
        InvalidStep: the connector declares none.
    """
    if method.oauth is None:
        msg = "the connector does not say where tokens come from"
        raise InvalidStep(msg)
    compiled, values = account.connector.compiled, account.credentials.values
    # The answer is not masked: a token in it may be the one that was sent.
    bare = Credentials(values, Redactor())
    transport = ProviderTransport(
        hub.egress, compiled, bare, seconds=_SECONDS, max_bytes=_MOST_BYTES
    )
    context = run_context(hub, account, transport, deadline=_SECONDS, flow="refresh_authentication")
    return TokenEndpoint(
        method.oauth, context, hub.public_url, lambda url: compiled.allows(url, values)
    )
