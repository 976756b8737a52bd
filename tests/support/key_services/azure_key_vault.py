"""A stand-in for Azure Key Vault: wrapping by RSA keys, after its challenge, and an identity's tokens."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.key_services.server import Asked, Refusal, Told

HOST = "hub.vault.azure.test"
_TOKEN = "token-of-the-identity"
_OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
_PATH = re.compile(r"/keys/([A-Za-z0-9-]+)(?:/([0-9a-f]*))?(?:/(wrapkey|unwrapkey))?/?")


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class AzureKeyVault:
    """The versions of one key, `keyring`, by their name."""

    url: str = ""
    versions: dict[str, rsa.RSAPrivateKey] = field(default_factory=lambda: {"a1": _key()})
    disabled: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != f"Bearer {_TOKEN}":
            # Its client asks for a token only if the host that asks is one of the resource's.
            resource = asked.headers["host"].removeprefix("hub.")
            challenge = (
                'Bearer authorization="https://login.microsoftonline.test/tenant", '
                f'resource="https://{resource}"'
            )
            raise Refusal(Told(401, _error("Unauthorized"), {"WWW-Authenticate": challenge}))
        match = _PATH.fullmatch(asked.path.partition("?")[0])
        assert match is not None, asked.path
        name, version, action = match[1], match[2] or next(reversed(self.versions)), match[3]
        if (action or "get") in self.denied:
            raise Refusal(Told(403, _error("Forbidden", "ForbiddenByRbac")))
        if name != "keyring" or version not in self.versions:
            raise Refusal(Told(404, _error("KeyNotFound")))
        key, kid = self.versions[version], f"{self.url}/keys/{name}/{version}"
        if action is None:
            return Told(200, self._bundle(key, kid, version))
        if version in self.disabled:
            raise Refusal(Told(403, _error("Forbidden", "KeyDisabled")))
        given = asked.json
        assert given["alg"] == "RSA-OAEP-256"
        value = base64.urlsafe_b64decode(given["value"] + "==")
        if action == "wrapkey":
            return Told(200, {"kid": kid, "value": _text(key.public_key().encrypt(value, _OAEP))})
        try:
            return Told(200, {"kid": kid, "value": _text(key.decrypt(value, _OAEP))})
        except ValueError:
            raise Refusal(Told(400, _error("BadParameter"))) from None

    def rotate(self) -> None:
        self.versions[f"a{len(self.versions) + 1}"] = _key()

    def replace(self) -> None:
        self.versions = {each: _key() for each in self.versions}

    def _bundle(self, key: rsa.RSAPrivateKey, kid: str, version: str) -> dict[str, Any]:
        numbers = key.public_key().public_numbers()
        return {
            "key": {
                "kid": kid,
                "kty": "RSA",
                "key_ops": ["wrapKey", "unwrapKey"],
                "n": _text(numbers.n.to_bytes(256)),
                "e": _text(numbers.e.to_bytes(3)),
            },
            "attributes": {"enabled": version not in self.disabled},
        }


def identity(asked: Asked) -> Told:
    """Answer as the identity endpoint of an app of Azure's."""
    if asked.headers.get("x-identity-header") != "header-of-the-app":
        return Told(401, {})
    return Told(
        200,
        {
            "access_token": _TOKEN,
            "expires_on": "4102444800",
            "resource": "https://vault.azure.test",
            "token_type": "Bearer",
        },
    )


def throttled() -> Told:
    return Told(429, _error("Throttled"))


def _error(code: str, inner: str = "") -> dict[str, Any]:
    return {
        "error": {
            "code": code,
            "message": f"said by the service of {code}",
            "innererror": {"code": inner},
        }
    }


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
