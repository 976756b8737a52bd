"""Registration of the hub as a client of an authorization server (RFC 7591)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jackfield.engine.oauth.discovery import AuthorizationServer, require_declared
from jackfield.engine.ports import Request, Transport
from jackfield.kit.errors import ProviderError, ProviderUnavailable
from jackfield.kit.json import DecodeError, Json, as_object, encode, parse, text

# What a server calls the ways in which a client says who it is, and a connector does: best first.
_AUTHENTICATIONS: Final[Mapping[str, str]] = {
    "client_secret_basic": "basic",
    "client_secret_post": "body",
    "none": "none",
}
_PUBLIC: Final = "none"
# What a server takes that does not say.
_USUAL: Final = "client_secret_basic"
_LONGEST: Final = 4096
_NEVER: Final = 10**12
_SUCCESS: Final = range(200, 300)
_FAILED: Final = 500


class RegistrationRefused(ProviderError):
    """The provider's sign-in service does not register this hub. Give an OAuth app in the setup."""

    code = "oauth_registration_refused"


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """
    A client of an authorization server, as connectors name its ways.

    `ends_at` is when its secret does, in seconds; 0 is never.
    """

    id: str
    secret: str = field(default="", repr=False)
    authentication: str = _PUBLIC
    redirect_uri: str = ""
    ends_at: float = 0

    def is_good(self, redirect_uri: str, now: datetime) -> bool:
        """Whether it may be sent back to that address, and its secret is still good."""
        return self.redirect_uri == redirect_uri and not 0 < self.ends_at <= now.timestamp()


def client_metadata(redirect_uri: str, hub: str) -> dict[str, Json]:
    """Return what a hub says of itself as a client."""
    return {
        "client_name": "Jackfield",
        "client_uri": hub,
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }


def authentication_for(server: AuthorizationServer, secret: str) -> str:
    """Return how a client that the server knows says who it is."""
    return _AUTHENTICATIONS[_offered(server)] if secret else _PUBLIC


async def register(
    server: AuthorizationServer,
    metadata: Mapping[str, Json],
    transport: Transport,
    allows: Callable[[str], bool],
) -> OAuthClient:
    """
    Register a client.

    Raises:
        EgressBlocked: the connector does not declare the host.
        RegistrationRefused: the server registers none, or not this one.
        ProviderUnavailable: it may later.
    """
    if not server.registration_url:
        msg = f"{server.issuer} registers no clients by itself; give an OAuth app in the setup"
        raise RegistrationRefused(msg)
    require_declared(server.registration_url, allows)
    way = _offered(server)
    asked = {**metadata, "token_endpoint_auth_method": way}
    if server.scopes:
        asked["scope"] = " ".join(server.scopes)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = Request("POST", server.registration_url, headers, encode(asked))
    response = await transport.send(request)
    if response.status >= _FAILED:
        msg = f"{server.issuer} could not register this hub; it answered {response.status}"
        raise ProviderUnavailable(msg)
    try:
        answer = as_object(parse(response.body))
    except (DecodeError, RecursionError, UnicodeError):
        answer = {}
    id_, secret = text(answer, "client_id"), text(answer, "client_secret")
    if response.status not in _SUCCESS or not id_ or len(id_ + secret) > _LONGEST:
        msg = f"{server.issuer} did not register this hub; it answered {response.status}"
        raise RegistrationRefused(msg)
    ends_at = answer.get("client_secret_expires_at")
    way = text(answer, "token_endpoint_auth_method") or way
    return OAuthClient(
        id_,
        secret,
        _AUTHENTICATIONS.get(way, "basic") if secret else _PUBLIC,
        str(metadata["redirect_uris"][0]),
        # As long a number as JSON can hold is never, too.
        float(ends_at) if isinstance(ends_at, int | float) and abs(ends_at) < _NEVER else 0,
    )


def _offered(server: AuthorizationServer) -> str:
    offered = server.authentications or (_USUAL,)
    return next((each for each in _AUTHENTICATIONS if each in offered), _USUAL)
