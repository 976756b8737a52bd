"""A stand-in for Google Cloud KMS: encrypt and decrypt over REST, for bearers of a token."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.key_services.keys import NotOpened, VersionedKey
from tests.support.key_services.server import Asked, Refusal, Told

KEY = "projects/acme/locations/europe-west3/keyRings/hub/cryptoKeys/keyring"


@dataclass
class GcpKms:
    """Keys by their name, with versions."""

    keys: dict[str, VersionedKey] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Told:
        if not asked.headers.get("authorization", "").startswith("Bearer "):
            raise _refusal(401, "UNAUTHENTICATED")
        path, _, action = asked.path.partition("?")[0].rpartition(":")
        name = path.removeprefix("/v1/")
        if action in self.denied:
            raise _refusal(403, "PERMISSION_DENIED")
        if (key := self.keys.get(name)) is None:
            raise _refusal(404, "NOT_FOUND")
        given = asked.json
        bound = base64.b64decode(given.get("additionalAuthenticatedData", ""))
        return Told(200, getattr(self, f"_{action}")(key, name, given, bound))

    def _encrypt(
        self, key: VersionedKey, name: str, given: dict[str, Any], bound: bytes
    ) -> dict[str, Any]:
        if key.newest in key.disabled:
            raise _refusal(400, "FAILED_PRECONDITION")
        sealed = key.encrypt(base64.b64decode(given["plaintext"]), bound)
        return {
            "name": f"{name}/cryptoKeyVersions/{key.newest}",
            "ciphertext": base64.b64encode(sealed).decode(),
            "protectionLevel": "SOFTWARE",
        }

    def _decrypt(
        self, key: VersionedKey, name: str, given: dict[str, Any], bound: bytes
    ) -> dict[str, Any]:
        try:
            number, plain = key.decrypt(base64.b64decode(given["ciphertext"]), bound)
        except NotOpened:
            raise _refusal(400, "INVALID_ARGUMENT") from None
        if number in key.disabled:
            raise _refusal(400, "FAILED_PRECONDITION")
        return {
            "plaintext": base64.b64encode(plain).decode(),
            "usedPrimary": number == key.newest,
            "protectionLevel": "SOFTWARE",
        }


def throttled() -> Told:
    return _told(429, "RESOURCE_EXHAUSTED")


def _refusal(status: int, word: str) -> Refusal:
    return Refusal(_told(status, word))


def _told(status: int, word: str) -> Told:
    error = {"code": status, "status": word, "message": f"said by the service of {word}"}
    return Told(status, {"error": error})


def service_account(folder: Path) -> Path:
    """Write the key file of a service account, which signs its own tokens."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    written = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "service-account.json"
    file.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "acme",
                "private_key_id": "1",
                "private_key": written.decode(),
                "client_email": "hub@acme.iam.gserviceaccount.com",
                "client_id": "1",
                "token_uri": "https://oauth2.googleapis.com/token",
            }
        ),
        "utf-8",
    )
    return file
