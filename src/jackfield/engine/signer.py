"""The seam to whatever holds the cryptography."""

from collections.abc import Mapping
from typing import Protocol

from jackfield.kit.json import Json


class Signer(Protocol):
    """Signs with RSA keys given as PEM. Every method raises `ValueError` for a bad key."""

    def sign_jwt(self, claims: Mapping[str, Json], *, private_key: str) -> str:
        """Return a compact JWS of `claims`, signed RS256."""
        ...

    def fingerprint(self, private_key: str) -> str:
        """Return `SHA256:` and the base64 digest of the public key in DER form."""
        ...

    def sign_xml(self, document: str, *, private_key: str, certificate: str | None) -> str:
        """Return `document` with an enveloped RSA-SHA256 signature over its root element."""
        ...
