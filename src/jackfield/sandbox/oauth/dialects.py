"""The words of providers for what is refused at their token endpoints."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from jackfield.kit.clock import system_clock
from jackfield.kit.json import Json
from jackfield.sandbox.oauth.refusals import OAuthError


@dataclass(frozen=True, slots=True)
class Wording:
    """A refusal as a provider gives it; `{names}` in its description are what it is about."""

    error: str
    description: str
    status: int = HTTPStatus.BAD_REQUEST
    number: int = 0


@dataclass(frozen=True, slots=True)
class Dialect:
    """
    The refusals of a provider, by the fault that they are about.

    `behaviors` and `settings` are those of all its clients.
    """

    wordings: Mapping[str, Wording] = field(default_factory=dict[str, Wording])
    behaviors: tuple[str, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def word(self, error: OAuthError) -> OAuthError:
        """Return an error in the words of the provider, or as it is where those are not known."""
        known = self.wordings.get(error.fault)
        if known is None:
            return error
        said = known.description.format_map(_Known(error.about))
        if not known.number:
            return OAuthError(known.error, said, known.status, error.headers)
        # Entra's: a number, and what its support asks for.
        stamp = f"{system_clock():%Y-%m-%d %H:%M:%SZ}"
        trace, correlation = str(uuid4()), str(uuid4())
        found = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
        said = f"AADSTS{known.number}: {said} {found}"
        worded = OAuthError(known.error, said, known.status, error.headers)
        worded.more = {
            "error_codes": [known.number],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
        }
        return worded


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def find_dialect(origins: Iterable[str]) -> Dialect:
    """Return the dialect of the first of some origins that has one."""
    hosts = [urlsplit(each).hostname or "" for each in origins]
    return next(
        (
            dialect
            for host in hosts
            for name, dialect in _DIALECTS.items()
            if host == name or host.endswith(f".{name}")
        ),
        STANDARD,
    )


STANDARD: Final = Dialect()
_w: Final = Wording
_UNAUTHORIZED: Final = HTTPStatus.UNAUTHORIZED
_TIME = _w(
    "invalid_grant",
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim.",
)
_GOOGLE: Final = Dialect({
    "client": _w("invalid_client", "The OAuth client was not found.", _UNAUTHORIZED),
    "secret": _w("invalid_client", "", _UNAUTHORIZED),
    **dict.fromkeys(
        ("token", "old token"), _w("invalid_grant", "Token has been expired or revoked.")
    ),
    "issuer": _w("invalid_grant", "Invalid grant: account not found"),
    "form": _w("invalid_grant", "Invalid JWT."),
    "signature": _w("invalid_grant", "Invalid JWT Signature."),
    "aud": _w("invalid_grant", "Invalid JWT: Failed audience check. The right audience is {audience}"),
    **dict.fromkeys(("exp", "iat", "nbf"), _TIME),
    "sub": _w("invalid_grant", "Invalid email or User ID"),
    "scope": _w("invalid_scope", "Invalid OAuth scope or ID token audience provided."),
    "authorized scopes": _w(
        "unauthorized_client",
        "Client is unauthorized to retrieve access tokens using this method, or client not "
        "authorized for any of the scopes requested.",
        _UNAUTHORIZED,
    ),
})  # fmt: skip
_SALESFORCE: Final = Dialect(
    {
        **dict.fromkeys(("client", "issuer"), _w("invalid_client_id", "client identifier invalid")),
        "secret": _w("invalid_client", "invalid client credentials"),
        **dict.fromkeys(
            ("token", "old token"), _w("invalid_grant", "expired access/refresh token")
        ),
        **dict.fromkeys(
            ("used code", "old code"), _w("invalid_grant", "expired authorization code")
        ),
        "verifier": _w("invalid_request", "invalid code verifier"),
        **dict.fromkeys(("form", "signature"), _w("invalid_grant", "invalid assertion")),
        "aud": _w("invalid_grant", "Audience validation failed"),
        **dict.fromkeys(("exp", "iat", "nbf"), _w("invalid_grant", "expired authorization code")),
        "sub": _w("invalid_grant", "user hasn't approved this consumer"),
    },
    # A session ends by the organization's own settings, of which an answer says nothing.
    ("reply.expires_as", "token.assertion_brief"),
    {"expires_as": "missing", "assertion_lifetime": 180},
)
_RANGE = _w(
    "invalid_client",
    "Client assertion is not within its valid time range. Current time: {now}.",
    _UNAUTHORIZED,
    700024,
)
_ENTRA: Final = Dialect({
    "client": _w(
        "unauthorized_client",
        "Application with identifier '{client_id}' was not found in the directory '{tenant}'.",
        number=700016,
    ),
    "tenant": _w(
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud.",
        number=90002,
    ),
    "secret": _w(
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        "secret value, not the client secret ID, for a secret added to app '{client_id}'.",
        _UNAUTHORIZED,
        7000215,
    ),
    "credential": _w(
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
        _UNAUTHORIZED,
        7000218,
    ),
    "token": _w(
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
        number=50173,
    ),
    "old token": _w(
        "invalid_grant",
        "The refresh token has expired due to inactivity.",
        number=700082,
    ),
    "used code": _w("invalid_grant", "The authorization code was redeemed before.", number=54005),
    "old code": _w("invalid_grant", "The authorization code has expired.", number=70008),
    **dict.fromkeys(
        ("verifier", "no verifier"),
        _w(
            "invalid_grant",
            "The code_verifier does not match the code_challenge of the authorization request.",
            number=501481,
        ),
    ),
    "person": _w("access_denied", "User declined to consent to access the app.", number=65004),
    "common": _w(
        "invalid_request",
        "The grant type is not supported over the /{tenant} endpoint. Use that of a tenant.",
        number=9001023,
    ),
    "thumbprint": _w(
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on "
        "application. [Reason - The key was not found., Thumbprint of key used by client: "
        "'{thumbprint}']",
        _UNAUTHORIZED,
        700027,
    ),
    "signature": _w(
        "invalid_client",
        "Client assertion failed signature validation. [Reason - The provided signature value did "
        "not match the expected signature value.]",
        _UNAUTHORIZED,
        700027,
    ),
    "aud": _w(
        "invalid_client",
        "Client assertion audience claim does not match Realm issuer.",
        _UNAUTHORIZED,
        700023,
    ),
    **dict.fromkeys(("exp", "iat", "nbf"), _RANGE),
    "iss or sub": _w(
        "invalid_client",
        "Client assertion application identifier doesn't match 'client_id' parameter.",
        _UNAUTHORIZED,
        700021,
    ),
    "default scope": _w(
        "invalid_scope",
        "The provided value for scope {scope} is not valid. Client credential flows must have a "
        "scope value with /.default suffixed to the resource identifier (application ID URI).",
        number=1002012,
    ),
    "resource": _w(
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant.",
        number=500011,
    ),
    "scope": _w(
        "invalid_scope",
        "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not "
        "valid.",
        number=70011,
    ),
})  # fmt: skip
_DIALECTS: Final = {
    "oauth2.googleapis.com": _GOOGLE,
    "my.salesforce.com": _SALESFORCE,
    "login.microsoftonline.com": _ENTRA,
}
