"""The check of `{strategy: oauth1}`: OAuth 1.0a (RFC 5849), by oauthlib."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode
from oauthlib.oauth1.rfc5849 import signature  # pyright: ignore[reportMissingTypeStubs]

from jackfield.kit.json import Json, text
from jackfield.sandbox.connector.signatures.signed_request import SignedRequest, hash_of

_oauthlib: Any = signature
_PARAMETER: Final = re.compile(r'([\w-]+)="([^"]*)"')
_NOT_SIGNED: Final = frozenset({"realm", "oauth_signature"})
_BODILESS: Final = frozenset({"GET", "HEAD"})
# What stands before a hash, to say which one it is.
_DIGEST_INFO: Final = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
_VERIFY: Final = {
    "HMAC-SHA1": "verify_hmac_sha1",
    "HMAC-SHA256": "verify_hmac_sha256",
    "HMAC-SHA512": "verify_hmac_sha512",
    "PLAINTEXT": "verify_plaintext",
}


@dataclass(frozen=True, slots=True)
class _Signed:
    """A request in the shape that oauthlib checks."""

    http_method: str
    uri: str
    params: list[tuple[str, str]]
    signature: str


def is_signed(content: Mapping[str, Json], incoming: SignedRequest) -> bool:
    """
    Return whether a request is signed with the keys of an application and of its user.

    Raises:
        ValueError: what it carries has another form.
    """
    scheme, _, header = incoming.headers.get("authorization", "").partition(" ")
    sent = {name: unquote(value) for name, value in _PARAMETER.findall(header)}
    method = text(content, "signatureMethod") or "HMAC-SHA1"
    known = {
        "oauth_signature_method": method,
        "oauth_consumer_key": incoming.value(content.get("consumerKey")),
        "oauth_token": incoming.value(content.get("token")),
        "realm": incoming.value(content.get("realm")),
        **_body_hash(content, incoming, method),
    }
    if scheme != "OAuth" or any(sent.get(name, "") != value for name, value in known.items()):
        return False
    moment = datetime.fromtimestamp(int(sent.get("oauth_timestamp", "")), UTC)
    return incoming.is_fresh(moment) and _is_right(content, incoming, method, sent)


def _is_right(
    content: Mapping[str, Json], incoming: SignedRequest, method: str, sent: Mapping[str, str]
) -> bool:
    parts = incoming.parts
    params = [(name, value) for name, value in sent.items() if name not in _NOT_SIGNED]
    params += parts.pairs
    params += () if parts.method in _BODILESS else parts.form()
    address = f"{incoming.origin}{parts.path}"
    signed = _Signed(parts.method, address, params, sent.get("oauth_signature", ""))
    if method in _VERIFY:
        verify = getattr(_oauthlib, _VERIFY[method])
        secrets = (content.get("consumerSecret"), content.get("tokenSecret"))
        return bool(verify(signed, *map(incoming.value, secrets)))
    base = _oauthlib.signature_base_string(
        parts.method,
        _oauthlib.base_string_uri(address),
        _oauthlib.normalize_parameters(params),
    )
    key, digest = incoming.value(content.get("privateKey")), method.rpartition("-")[2].lower()
    return _is_signed_by(key, base.encode(), base64.b64decode(signed.signature), digest)


def _is_signed_by(private_key: str, content: bytes, signature: bytes, digest: str) -> bool:
    """Return whether an RSA key signed something, as RFC 8017 (8.2.2) says."""
    try:
        public = RSAKey.import_key(private_key).as_dict(private=False)
    except JoseError:
        return False
    modulus, exponent = (
        int.from_bytes(urlsafe_b64decode(str(public[name]).encode())) for name in ("n", "e")
    )
    size = (modulus.bit_length() + 7) // 8
    hashed = _DIGEST_INFO[digest] + hash_of(content, digest)
    expected = b"\0\1" + b"\xff" * (size - len(hashed) - 3) + b"\0" + hashed
    return pow(int.from_bytes(signature), exponent, modulus).to_bytes(size) == expected


def _body_hash(content: Mapping[str, Json], incoming: SignedRequest, method: str) -> dict[str, str]:
    parts = incoming.parts
    is_hashed = content.get("bodyHash") is True
    if not is_hashed or (parts.method not in _BODILESS and parts.form()):
        return {}
    raw = hash_of(parts.body, method.rpartition("-")[2].lower())
    return {"oauth_body_hash": base64.b64encode(raw).decode()}
