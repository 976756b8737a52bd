"""Keys that the sandbox gives out, each with a certificate of its own."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc.jwk import RSAKey

from jackfield.kit.clock import system_clock
from jackfield.kit.json import Json

_PEM: Final = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key as PEM, its public half, and the thumbprints of its certificate."""

    pem: str
    public: Mapping[str, Json]
    thumbprints: Mapping[str, str]

    def put_into(self, written: str) -> str:
        """Return a text with this key in the place of the one in it, or else the key alone."""
        found = _PEM.search(written)
        if found is None:
            return self.pem
        # Within JSON, the breaks of its lines are written out.
        plain = self.pem.strip()
        own = json.dumps(plain)[1:-1] if written.lstrip().startswith("{") else plain
        return written[: found.start()] + own + written[found.end() :]


def make_key(owner: str) -> SigningKey:
    """Make a key, and a certificate for it that names its owner."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, owner[:64])])
    now = system_clock()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _YEAR)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return SigningKey(
        pem,
        RSAKey.import_key(pem).as_dict(private=False),
        {
            "x5t": _base64url(certificate.fingerprint(hashes.SHA1())),  # noqa: S303 - its name
            "x5t#S256": _base64url(certificate.fingerprint(hashes.SHA256())),
        },
    )


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
