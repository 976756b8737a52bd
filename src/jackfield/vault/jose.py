"""Signed JSON Web Tokens, made and verified by joserfc."""

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, TypeGuard, cast

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from joserfc import jwk, jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwa import JWSAlgModel

from jackfield.kit.json import Json, is_object
from jackfield.vault.pasted_keys import SMALLEST_RSA, UNREADABLE, UnusableKey, is_web_key, pem_of

_Kind: TypeAlias = Literal["RSA", "EC", "OKP", "oct"]

_RSA: Final = f"an RSA private key of {SMALLEST_RSA} bits or more"
_SHORTEST_SECRET: Final = 14
_PEM: Final = b"-----BEGIN "
# By what an algorithm's name begins with: the type of its keys, and what to say of any other key.
_KEYS: Final[Mapping[str, tuple[_Kind, str]]] = {
    "RS": ("RSA", _RSA),
    "PS": ("RSA", _RSA),
    "ES": ("EC", "an EC private key on the curve that goes with it: P-256, P-384 or P-521"),
    "Ed": ("OKP", "an Ed25519 private key"),
    "HS": ("oct", f"a secret of {_SHORTEST_SECRET} characters or more"),
}


class _Registry(jws.JWSRegistry):
    max_header_length = 16 * 1024

    def get_alg(self, name: str) -> JWSAlgModel:
        # Without the warning that EdDSA has another name now: providers know the old one.
        return self.algorithms[name]


_REGISTRY: Final = _Registry(strict_check_header=False)
# Those with a public key: a token that is signed with a secret, or not at all, is none.
_VERIFIED: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
)  # fmt: skip
_VERIFIERS: Final = jws.JWSRegistry(algorithms=list(_VERIFIED), strict_check_header=False)
_PUBLIC: Final = frozenset({"RSA", "EC", "OKP"})
_LONGEST_TOKEN: Final = 64 * 1024
# Of those that a token may be signed by.
_MOST_KEYS: Final = 50


class InvalidToken(ValueError):
    """The token is not signed by one of the keys, or is none."""


_FAULTS: Final = (
    JoseError,
    InvalidToken,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
    OverflowError,
    UnsupportedAlgorithm,
)


def sign_token(
    claims: Mapping[str, Json], *, key: str, algorithm: str, headers: Mapping[str, Json]
) -> str:
    """
    Return the claims as a compact JWS.

    Raises:
        UnusableKey: the key cannot be read, or is none for this algorithm.
    """
    kind, needed = _KEYS[algorithm[:2]]
    header = {"alg": algorithm, "typ": "JWT", **headers} | {"alg": algorithm}
    try:
        imported = _imported(key, kind)
        if _is_strong(imported):
            content = msgspec.json.encode(claims)
            return jws.serialize_compact(header, content, imported, registry=_REGISTRY)
    except JoseError:
        pass
    except (ValueError, TypeError, RecursionError, UnsupportedAlgorithm):
        # Not chained: the cause may quote the key.
        raise UnusableKey(UNREADABLE) from None
    msg = f"{algorithm} needs {needed}"
    raise UnusableKey(msg)


def verified_claims(token: str, keys: Sequence[Json]) -> dict[str, Json]:
    """
    Return the claims of a compact JWS that is signed by one of the public JSON Web Keys.

    Raises:
        InvalidToken: it is not, or by an algorithm without a public key.
    """
    if len(token) > _LONGEST_TOKEN:
        raise InvalidToken
    try:
        header = jws.extract_compact(token.encode()).headers()
        sought = [each for each in keys if _is_verifying(each) and _is_named(each, header)]
        claims = json.loads(_signed_by_one(token, sought[:_MOST_KEYS]))
    except _FAULTS:
        raise InvalidToken from None
    if not isinstance(claims, dict):
        raise InvalidToken
    return cast("dict[str, Json]", claims)


def _signed_by_one(token: str, keys: Sequence[Json]) -> bytes:
    """Return the payload, by the first key that the token is signed by."""
    for key in keys:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SecurityWarning)
                known = jwk.import_key(key)
                signed = jws.deserialize_compact(token, known, list(_VERIFIED), registry=_VERIFIERS)
        except _FAULTS:
            # A key of another kind, or one that cannot be read: the others may be good.
            continue
        return signed.payload
    raise InvalidToken


def _is_named(key: Mapping[str, Json], header: Mapping[str, Any]) -> bool:
    """Whether a key is the one that a token names; either may leave the name out."""
    return "kid" not in header or key.get("kid", header["kid"]) == header["kid"]


def _is_verifying(key: Json) -> TypeGuard[dict[str, Any]]:
    if not is_object(key):
        return False
    kind = key.get("kty")
    return (
        isinstance(kind, str)
        and kind in _PUBLIC
        and key.get("use", "sig") == "sig"
        and "d" not in key
    )


def public_key_of(web_key: str) -> PublicKeyTypes:
    """
    Return the public part of a JSON Web Key.

    Raises:
        UnusableKey: it cannot be read.
    """
    try:
        with warnings.catch_warnings():
            # Whether it is strong enough is asked elsewhere.
            warnings.simplefilter("ignore", SecurityWarning)
            public = jwk.import_key(json.loads(web_key)).public_key
    except (JoseError, ValueError, TypeError, RecursionError, UnsupportedAlgorithm):
        raise UnusableKey(UNREADABLE) from None
    if isinstance(public, bytes):
        raise UnusableKey(UNREADABLE)
    return public


def _imported(text: str, kind: _Kind) -> jwk.Key:
    with warnings.catch_warnings():
        # What is too weak is refused, below, and not only warned of.
        warnings.simplefilter("ignore", SecurityWarning)
        if is_web_key(text):
            return jwk.import_key(json.loads(text), kind)
        return jwk.import_key(text.encode() if kind == "oct" else pem_of(text), kind)


def _is_strong(key: jwk.Key) -> bool:
    raw = key.private_key
    if isinstance(raw, bytes):
        return len(raw) >= _SHORTEST_SECRET and _PEM not in raw
    return raw is not None and (
        not isinstance(raw, rsa.RSAPrivateKey) or raw.key_size >= SMALLEST_RSA
    )
