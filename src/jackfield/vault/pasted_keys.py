"""Private keys and certificates of accounts, as people paste them: PEM, base64 of it, or JSON."""

import base64
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SMALLEST_RSA: Final = 2048
UNREADABLE: Final = "the private key cannot be read"


class UnusableKey(ValueError):
    """The key does not fit its algorithm, is too short, or is not readable."""


def load_key(text: str, *, is_checked: bool = True) -> PrivateKeyTypes:
    """
    Read a private key. The check that its numbers belong together takes long.

    Raises:
        UnusableKey: it cannot be read.
    """
    try:
        return load_pem_private_key(
            pem_of(text), password=None, unsafe_skip_rsa_key_validation=not is_checked
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Not chained: the cause may quote the key.
        raise UnusableKey(UNREADABLE) from None


def load_certificate(text: str) -> x509.Certificate:
    """
    Read a certificate.

    Raises:
        UnusableKey: it cannot be read.
    """
    try:
        return x509.load_pem_x509_certificate(pem_of(text))
    except ValueError:
        msg = "the certificate cannot be read"
        raise UnusableKey(msg) from None


def pem_of(text: str) -> bytes:
    """Return PEM with real line breaks; a `ValueError` says that there is none."""
    plain = text if "-----BEGIN" in text else base64.b64decode(text, validate=True).decode()
    return plain.replace("\\n", "\n").encode()


def is_web_key(text: str) -> bool:
    """Return whether a key is a JSON Web Key."""
    return text.lstrip().startswith("{")
