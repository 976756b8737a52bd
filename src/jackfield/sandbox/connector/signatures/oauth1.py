"""The check of `{strategy: oauth1}`: OAuth 1.0a (RFC 5849), by oauthlib."""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from oauthlib.oauth1.rfc5849 import signature  # pyright: ignore[reportMissingTypeStubs]

from jackfield.kit.json import Json, text
from jackfield.sandbox.connector.signatures.signed_request import SignedRequest, hash_of
from jackfield.sandbox.oauth.signatures import NOT_SIGNED, CheckedRequest

_oauthlib: Any = signature
_PARAMETER: Final = re.compile(r'([\w-]+)="([^"]*)"')
_BODILESS: Final = frozenset({"GET", "HEAD"})
_HASHES: Final = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256, "SHA512": hashes.SHA512}
_VERIFY: Final = {
    "HMAC-SHA1": "verify_hmac_sha1",
    "HMAC-SHA256": "verify_hmac_sha256",
    "HMAC-SHA512": "verify_hmac_sha512",
    "PLAINTEXT": "verify_plaintext",
}


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
    params = [(name, value) for name, value in sent.items() if name not in NOT_SIGNED]
    params += parts.pairs
    params += () if parts.method in _BODILESS else parts.form()
    address = f"{incoming.origin}{parts.path}"
    signed = CheckedRequest(parts.method, address, params, sent.get("oauth_signature", ""))
    if method in _VERIFY:
        verify = getattr(_oauthlib, _VERIFY[method])
        secrets = (content.get("consumerSecret"), content.get("tokenSecret"))
        return bool(verify(signed, *map(incoming.value, secrets)))
    base = _oauthlib.signature_base_string(
        parts.method,
        _oauthlib.base_string_uri(address),
        _oauthlib.normalize_parameters(params),
    )
    key = incoming.value(content.get("privateKey"))
    return _is_signed_by(key, base.encode(), base64.b64decode(signed.signature), method)


def _is_signed_by(private_key: str, content: bytes, signature: bytes, method: str) -> bool:
    """Return whether an RSA key signed something."""
    try:
        key = load_pem_private_key(private_key.encode(), None)
        if not isinstance(key, RSAPrivateKey):
            return False
        hashed = _HASHES[method.rpartition("-")[2]]()
        key.public_key().verify(signature, content, PKCS1v15(), hashed)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _body_hash(content: Mapping[str, Json], incoming: SignedRequest, method: str) -> dict[str, str]:
    parts = incoming.parts
    is_hashed = content.get("bodyHash") is True
    if not is_hashed or (parts.method not in _BODILESS and parts.form()):
        return {}
    raw = hash_of(parts.body, method.rpartition("-")[2].lower())
    return {"oauth_body_hash": base64.b64encode(raw).decode()}
