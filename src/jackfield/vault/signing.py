"""RSA signatures for connectors: tokens, key fingerprints and XML."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from jackfield.kit.json import Json

_SMALLEST_KEY: Final = 2048
_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_ENC: Final = "http://www.w3.org/2001/04/xmlenc#"
_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_ROOT_ID: Final = re.compile(r'^<[^>]* ID="([^"]+)"')
_CERTIFICATE: Final = re.compile(r"-----[A-Z ]+-----|\s")


class UnusableKey(ValueError):
    """The private key is no RSA key, too short, or not readable."""


class RsaSigner:
    """Signs with RSA keys in PEM, or base64 of it."""

    def sign_jwt(self, claims: Mapping[str, Json], *, private_key: str) -> str:
        header = _segment({"alg": "RS256", "typ": "JWT"})
        signed = f"{header}.{_segment(dict(claims))}"
        return f"{signed}.{_url_safe(_sign(private_key, signed.encode()))}"

    def fingerprint(self, private_key: str) -> str:
        der = (
            _load(private_key)
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )
        return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()

    def sign_xml(self, document: str, *, private_key: str, certificate: str | None) -> str:
        """Sign a document that is in canonical form; the signature follows its first child."""
        root = _ROOT_ID.match(document)
        if root is None:
            msg = "the document's root has no ID"
            raise UnusableKey(msg)
        digest = base64.b64encode(hashlib.sha256(document.encode()).digest()).decode()
        info = _signed_info(root[1], digest)
        value = base64.b64encode(_sign(private_key, info.encode())).decode()
        signature = (
            f'<ds:Signature xmlns:ds="{_DSIG}">'
            + info.replace(f' xmlns:ds="{_DSIG}"', "", 1)
            + f"<ds:SignatureValue>{value}</ds:SignatureValue>{_key_info(certificate)}"
            "</ds:Signature>"
        )
        closing = document.index("</", document.index(">") + 1)
        end = document.index(">", closing) + 1
        return document[:end] + signature + document[end:]


def _signed_info(reference: str, digest: str) -> str:
    return (
        f'<ds:SignedInfo xmlns:ds="{_DSIG}">'
        f'<ds:CanonicalizationMethod Algorithm="{_C14N}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{_RSA_SHA256}"></ds:SignatureMethod>'
        f'<ds:Reference URI="#{reference}"><ds:Transforms>'
        f'<ds:Transform Algorithm="{_DSIG}enveloped-signature"></ds:Transform>'
        f'<ds:Transform Algorithm="{_C14N}"></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{_ENC}sha256"></ds:DigestMethod>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )


def _key_info(certificate: str | None) -> str:
    if certificate is None:
        return ""
    content = _CERTIFICATE.sub("", certificate)
    return (
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>"
        f"{content}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    )


def _sign(private_key: str, content: bytes) -> bytes:
    return _load(private_key).sign(content, padding.PKCS1v15(), hashes.SHA256())


def _load(private_key: str) -> rsa.RSAPrivateKey:
    try:
        pem = private_key if "-----BEGIN" in private_key else _decoded(private_key)
        key = load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Not chained: the cause may quote the key.
        msg = "the private key cannot be read"
        raise UnusableKey(msg) from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _SMALLEST_KEY:
        msg = f"the private key must be an RSA key of {_SMALLEST_KEY} bits or more"
        raise UnusableKey(msg)
    return key


def _decoded(text: str) -> str:
    return base64.b64decode(text, validate=True).decode()


def _segment(content: Mapping[str, Json]) -> str:
    return _url_safe(msgspec.json.encode(content))


def _url_safe(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
