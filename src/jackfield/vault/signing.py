"""Signatures with the keys of accounts: tokens, XML, and the fingerprints of keys."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jackfield.kit.json import Json
from jackfield.vault.pasted_keys import (
    SMALLEST_RSA,
    UnusableKey,
    is_web_key,
    load_certificate,
    load_key,
)

_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_ENC: Final = "http://www.w3.org/2001/04/xmlenc#"
_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_HASHES: Final = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha512": hashes.SHA512}
_ROOT_ID: Final = re.compile(r'^<[^>]* ID="([^"]+)"')
_CERTIFICATE: Final = re.compile(r"-----[A-Z ]+-----|\s")


class KeySigner:
    """Signs with keys in PEM, base64 of it, or as a JSON Web Key; HMAC also with any text."""

    def sign_jwt(
        self,
        claims: Mapping[str, Json],
        *,
        key: str,
        algorithm: str = "RS256",
        headers: Mapping[str, Json] | None = None,
    ) -> str:
        # Imported here, as that takes longer than a command may.
        from jackfield.vault.jose import sign_token  # noqa: PLC0415

        return sign_token(claims, key=key, algorithm=algorithm, headers=headers or {})

    def sign_rsa(self, content: bytes, *, private_key: str, digest: str) -> bytes:
        return _sign(private_key, content, _HASHES[digest])

    def fingerprint(self, private_key: str) -> str:
        if is_web_key(private_key):
            from jackfield.vault.jose import public_key_of  # noqa: PLC0415

            public = public_key_of(private_key)
        else:
            public = load_key(private_key, is_checked=False).public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()

    def thumbprint(self, certificate: str) -> str:
        digest = load_certificate(certificate).fingerprint(hashes.SHA256())
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

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


def _sign(
    private_key: str, content: bytes, digest: Callable[[], hashes.HashAlgorithm] = hashes.SHA256
) -> bytes:
    key = load_key(private_key)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < SMALLEST_RSA:
        msg = f"the private key must be an RSA key of {SMALLEST_RSA} bits or more"
        raise UnusableKey(msg)
    return key.sign(content, padding.PKCS1v15(), digest())
