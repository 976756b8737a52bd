"""A stand-in for the transit engine of HashiCorp Vault, with tokens, AppRoles and the roles of pods."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any

from tests.support.key_services.keys import NotOpened, VersionedKey
from tests.support.key_services.server import Asked, Refusal, Told

TOKEN = "hvs.token-of-the-hub"
_CIPHERTEXT = re.compile(r"vault:v(\d+):(.+)")


@dataclass
class VaultTransit:
    """Keys by their name, below the mount `transit`."""

    keys: dict[str, VersionedKey] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    secret_ids: dict[str, str] = field(default_factory=dict)
    oldest: int = 1
    is_sealed: bool = False
    refused_while_sealed: int = 0

    def __call__(self, asked: Asked) -> Told:
        if self.is_sealed:
            self.refused_while_sealed += 1
            raise _refusal(503, "Vault is sealed")
        path = asked.path.removeprefix("/v1/")
        if path == "auth/approle/login":
            return self._sign_in(asked.json)
        if asked.headers.get("x-vault-token") != TOKEN:
            raise _refusal(403, "permission denied")
        mount, _, rest = path.partition("/")
        action, _, name = rest.partition("/")
        if action in self.denied:
            raise _refusal(403, "permission denied")
        if mount != "transit":
            raise _refusal(404, f'no handler for route "{path}"')
        if (key := self.keys.get(name)) is None:
            raise _refusal(400, "encryption key not found")
        return Told(200, {"data": getattr(self, f"_{action}")(key, asked.json)})

    def _encrypt(self, key: VersionedKey, given: dict[str, Any]) -> dict[str, Any]:
        sealed = key.encrypt(base64.b64decode(given["plaintext"]), b"")
        text = base64.b64encode(sealed).decode()
        return {"ciphertext": f"vault:v{key.newest}:{text}", "key_version": key.newest}

    def _decrypt(self, key: VersionedKey, given: dict[str, Any]) -> dict[str, Any]:
        match = _CIPHERTEXT.fullmatch(given["ciphertext"])
        if match is None:
            raise _refusal(400, "invalid ciphertext: no prefix")
        if int(match[1]) < self.oldest:
            raise _refusal(400, "ciphertext or signature version is disallowed by policy (too old)")
        try:
            _, plain = key.decrypt(base64.b64decode(match[2]), b"")
        except NotOpened:
            raise _refusal(400, "cipher: message authentication failed") from None
        return {"plaintext": base64.b64encode(plain).decode()}

    def _sign_in(self, given: dict[str, Any]) -> Told:
        if self.secret_ids.get(given["role_id"]) != given["secret_id"]:
            raise _refusal(400, "invalid role or secret ID")
        return Told(200, {"auth": {"client_token": TOKEN, "lease_duration": 3600}})


def throttled() -> Told:
    return _told(429, 'request path "transit": rate limit quota exceeded')


def _refusal(status: int, text: str) -> Refusal:
    return Refusal(_told(status, text))


def _told(status: int, text: str) -> Told:
    return Told(status, {"errors": [text]})
