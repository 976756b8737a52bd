"""Certificates for a test's own servers and clients."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jackfield.kit.clock import system_clock

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM texts."""

    certificate: str
    key: str


class Authority:
    """Issues certificates for 127.0.0.1, and is its own root."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test authority")
        public = self._key.public_key()
        self._root = (
            _builder(self._name, self._name, public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def root(self) -> str:
        return self._root.public_bytes(serialization.Encoding.PEM).decode()

    def issue(
        self, name: str, *, address: str = "127.0.0.1", host: str = "", valid: timedelta = _DAY
    ) -> Pair:
        """Issue a certificate for an address and a host, which ends in `valid`: before now, if it is negative."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(address))]
        if host:
            names.append(x509.DNSName(host))
        certificate = (
            _builder(_name(name), self._name, key.public_key(), valid)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        written = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), written.decode())


def requiring_certificates(
    authority: Authority, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext:
    """Return what a server needs that talks to clients of the authority alone, and trust it."""
    own = authority.issue("Server")
    chain, root = folder / "server.pem", folder / "root.pem"
    chain.write_text(own.certificate + own.key, encoding="utf-8")
    root.write_text(authority.root, encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    context.load_verify_locations(root)
    context.verify_mode = ssl.CERT_REQUIRED
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    # The HTTP client has read who is trusted when it was imported.
    trusting = ssl.create_default_context()
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    valid: timedelta = _DAY,
) -> x509.CertificateBuilder:
    now = system_clock()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * _DAY)
        .not_valid_after(now + valid)
    )
