"""The tokens that client-side keys can ask for: HS256, naming the user who calls."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from jackfield.kit.json import DecodeError, decode, encode
from jackfield.sandbox.iterable.access.keys import ApiKey
from jackfield.sandbox.iterable.refusals import Refusal, refusal

_PARTS: Final = 3

_MISSING: Final = ("BadAuthorizationHeader", "JWT token not found in Authorization header")
_INVALID: Final = ("InvalidJwtPayload", "JWT token is invalid")
_EXPIRED: Final = ("InvalidJwtPayload", "JWT token is expired")
_REVOKED: Final = ("InvalidJwtPayload", "JWT token was issued too early and has been revoked")
_MISMATCHED: Final = (
    "JwtUserIdentifiersMismatched",
    "JWT user identifiers do not match those of the request",
)


class _Header(Struct):
    alg: str


class Claims(Struct, rename="camel", omit_defaults=True):
    email: str | None = None
    user_id: str | None = None
    iat: int = 0
    exp: int = 0


def mint(claims: Claims, secret: str) -> str:
    """Sign a token, as a product's own server would."""
    signed = f"{_code(encode({'alg': 'HS256', 'typ': 'JWT'}))}.{_code(encode(claims))}"
    return f"{signed}.{_code(_signature(signed, secret))}"


def check(
    key: ApiKey, authorization: str | None, *, revoked: Mapping[str, datetime], now: datetime
) -> Claims:
    """
    Return who a call is made for.

    `revoked` says until when the tokens of a user are refused.

    Raises:
        Refusal: the token is missing, forged, expired or revoked.
    """
    assert key.jwt_secret is not None
    scheme, _, token = (authorization or "").partition(" ")
    if scheme != "Bearer" or not token:
        raise _refused(*_MISSING)
    claims = _open(token, key.jwt_secret)
    if not claims.exp or claims.exp <= now.timestamp():
        raise _refused(*_EXPIRED)
    for name in (claims.email, claims.user_id):
        if name is not None and name in revoked and claims.iat < revoked[name].timestamp():
            raise _refused(*_REVOKED)
    return claims


def mismatched() -> Refusal:
    """Refuse a call about one user with a token of another."""
    return _refused(*_MISMATCHED)


def _open(token: str, secret: str) -> Claims:
    parts = token.split(".")
    try:
        if len(parts) != _PARTS:
            raise _invalid()
        header = decode(_plain(parts[0]), _Header)
        expected = _signature(f"{parts[0]}.{parts[1]}", secret)
        if header.alg != "HS256" or not hmac.compare_digest(_plain(parts[2]), expected):
            raise _invalid()
        claims = decode(_plain(parts[1]), Claims)
    except (DecodeError, binascii.Error, UnicodeError) as error:
        raise _invalid() from error
    if not claims.email and not claims.user_id:
        raise _invalid()
    return claims


def _signature(text: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)


def _code(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _invalid() -> Refusal:
    return _refused(*_INVALID)


def _refused(code: str, msg: str) -> Refusal:
    return refusal(HTTPStatus.UNAUTHORIZED, code, msg)
