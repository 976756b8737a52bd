"""The JWTs that clients sign: to authenticate, and as a grant."""

from collections.abc import Mapping
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
        raise invalid_client(str(wrong)) from wrong


def read_grant(
    authority: Authority, client: Client, params: Mapping[str, Json]
) -> tuple[Person | None, datetime]:
    """
    Return whom an assertion that is a grant speaks for, and its end.

    Raises:
        OAuthError: it is none.
    """
    try:
        claims = _read(authority, client, params.get("assertion"), _LONGEST_GRANT)
        _require("iss", claims.get("iss") == client.id)
    except _Wrong as wrong:
        raise invalid_grant(str(wrong)) from wrong
    subject = claims.get("sub", client.id)
    person = authority.people.find(str(subject))
    if person is None and subject != client.id:
        msg = "the assertion speaks for a person who is unknown"
        raise invalid_grant(msg)
    return person, datetime.fromtimestamp(claims["exp"], authority.now().tzinfo)


class _Wrong(Exception):
    def __init__(self, place: str) -> None:
        super().__init__(f"the assertion is wrong in its {place}")


def _require(place: str, is_right: bool) -> None:
    if not is_right:
        raise _Wrong(place)


def _read(authority: Authority, client: Client, assertion: object, longest: int) -> dict[str, Json]:
    rules = client.conduct.token
    try:
        keys = KeySet.import_key_set(client.jwks or {"keys": []})
        header = extract_compact(str(assertion).encode()).headers()
        claims: dict[str, Json] = jwt.decode(str(assertion), keys, algorithms=_ALGORITHMS).claims
    except (JoseError, ValueError) as error:
        place = "signature"
        raise _Wrong(place) from error
    now = authority.now().timestamp()
    audiences = {
        "token_url": {f"{authority.issuer}/token"},
        "issuer": {authority.issuer},
        "any": {f"{authority.issuer}/token", authority.issuer},
    }[rules.assertion_audience]
    aud = claims.get("aud")
    named = {aud} if isinstance(aud, str) else set(as_list(aud))
    exp, nbf, iat = (claims.get(name) for name in ("exp", "nbf", "iat"))
    checks = {
        "header": all(header.get(name) == value for name, value in rules.assertion_headers.items()),
        "aud": bool(named & audiences),
        "exp": isinstance(exp, int) and now < exp <= now + longest,
        "nbf": nbf is None or (isinstance(nbf, int) and nbf <= now),
        "iat": iat is None or (isinstance(iat, int) and iat <= now),
    }
    for place, is_right in checks.items():
        _require(place, is_right)
    return claims
