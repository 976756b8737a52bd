"""The JWTs that clients sign: to authenticate, and as a grant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from jackfield.kit.json import Json, as_list
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.people import Person
from jackfield.sandbox.oauth.refusals import invalid_client, invalid_grant

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
# Of an assertion that authenticates, and of one that is a grant.
_LONGEST: Final = 300
_LONGEST_GRANT: Final = 3600
# The last one where a member of the header is of another type.
_UNREADABLE: Final = (JoseError, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class Granted:
    """What an assertion that is a grant says: for whom, until when, and for what."""

    person: Person | None
    ends_at: datetime
    scopes: list[str]


def check_client_assertion(
    authority: Authority, client: Client, params: Mapping[str, Json]
) -> None:
    """
    Check an assertion that authenticates a client.

    Raises:
        OAuthError: it does not.
    """
    try:
        _require("client_assertion_type", params.get("client_assertion_type") == TYPE)
        claims = _read(authority, client, params["client_assertion"], _LONGEST)
        _require("iss or sub", claims.get("iss") == client.id == claims.get("sub"))
        jti = claims.get("jti")
        is_new = isinstance(jti, str) and authority.is_new(f"{client.id} {jti}")
        _require("jti, which may be used once", is_new)
        _require("client_id", params.get("client_id", client.id) == client.id)
    except _Wrong as wrong:
        about = {**wrong.about, "client_id": client.id}
        raise invalid_client(str(wrong), fault=wrong.place, about=about) from wrong


def read_grant(authority: Authority, client: Client, params: Mapping[str, Json]) -> Granted:
    """
    Return what an assertion that is a grant says.

    Raises:
        OAuthError: it is none.
    """
    try:
        claims = _read(authority, client, params.get("assertion"), _LONGEST_GRANT)
        _require("iss", claims.get("iss") == client.id)
    except _Wrong as wrong:
        raise invalid_grant(str(wrong), fault=wrong.place, about=wrong.about) from wrong
    subject = claims.get("sub", client.id)
    person = authority.people.find(str(subject))
    if person is None and subject != client.id:
        msg = "the assertion speaks for a person who is unknown"
        raise invalid_grant(msg, fault="sub")
    ends_at = datetime.fromtimestamp(float(str(claims["exp"])), authority.now().tzinfo)
    return Granted(person, ends_at, str(claims.get("scope", "")).split())


class _Wrong(Exception):
    def __init__(self, place: str, about: Mapping[str, str] | None = None) -> None:
        super().__init__(f"the assertion is wrong in its {place}")
        self.place: Final = place
        self.about: Final = about or {}


def _require(place: str, is_right: bool, about: Mapping[str, str] | None = None) -> None:
    if not is_right:
        raise _Wrong(place, about)


def _read(authority: Authority, client: Client, assertion: object, longest: int) -> dict[str, Json]:
    rules = client.conduct.token
    header = _header(str(assertion))
    named = {name: header.get(name) for name in ("x5t", "x5t#S256") if name in header}
    if rules.thumbprints:
        # The certificate says by which key to check.
        is_known = all(rules.thumbprints.get(name) == value for name, value in named.items())
        about = {"thumbprint": str(next(iter(named.values()), ""))}
        _require("thumbprint", bool(named) and is_known, about)
    claims = _claims(client, str(assertion))
    now = authority.now().timestamp()
    audiences = (
        set(rules.assertion_audiences)
        or {
            "token_url": {f"{authority.issuer}/token"},
            "issuer": {authority.issuer},
            "any": {f"{authority.issuer}/token", authority.issuer},
        }[rules.assertion_audience]
    )
    aud = claims.get("aud")
    meant = (
        {aud} if isinstance(aud, str) else {each for each in as_list(aud) if isinstance(each, str)}
    )
    lasts = rules.assertion_lifetime or longest
    exp, nbf, iat = (claims.get(name) for name in ("exp", "nbf", "iat"))
    checks = {
        "header": all(header.get(name) == value for name, value in rules.assertion_headers.items()),
        "aud": bool(meant & audiences),
        "exp": isinstance(exp, int) and now < exp <= now + lasts,
        "nbf": nbf is None or (isinstance(nbf, int) and nbf <= now),
        "iat": iat is None or (isinstance(iat, int) and iat <= now),
    }
    about = {
        "audience": " ".join(sorted(audiences)),
        "now": f"{authority.now():%Y-%m-%dT%H:%M:%SZ}",
    }
    for place, is_right in checks.items():
        _require(place, is_right, about)
    return claims


def _header(assertion: str) -> dict[str, Json]:
    try:
        return dict(extract_compact(assertion.encode()).headers())
    except _UNREADABLE as error:
        place = "form"
        raise _Wrong(place) from error


def _claims(client: Client, assertion: str) -> dict[str, Json]:
    """Return the claims that are signed with a key of the client's."""
    try:
        keys = KeySet.import_key_set(client.jwks or {"keys": []})
        return jwt.decode(assertion, keys, algorithms=_ALGORITHMS).claims
    except _UNREADABLE as error:
        place = "signature"
        raise _Wrong(place) from error
