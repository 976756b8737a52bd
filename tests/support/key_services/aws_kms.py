"""A stand-in for AWS KMS: Encrypt and Decrypt in its JSON protocol, for callers that sign."""

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.support.key_services.keys import NotOpened, VersionedKey
from tests.support.key_services.server import Asked, Refusal, Told

ACCESS_KEY = "AKIAHUBTESTS00000000"
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)/\d{8}/([a-z0-9-]+)/kms/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}"
)


def arn(name: str) -> str:
    return f"arn:aws:kms:eu-central-1:111122223333:{name}"


@dataclass
class AwsKms:
    """Keys by their ARN, with aliases; `denied` are the actions that the caller may not do."""

    keys: dict[str, VersionedKey] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Told:
        signed = _SIGNED.fullmatch(asked.headers.get("authorization", ""))
        if signed is None:
            raise _refusal(code="MissingAuthenticationTokenException")
        if signed.groups() != (ACCESS_KEY, "eu-central-1"):
            raise _refusal(code="UnrecognizedClientException")
        action = asked.headers["x-amz-target"].removeprefix("TrentService.")
        if action in self.denied:
            raise _refusal(code="AccessDeniedException")
        given = asked.json
        bound = json.dumps(given.get("EncryptionContext", {}), sort_keys=True).encode()
        asked_for: str = given["KeyId"]
        name = self.aliases.get(asked_for, asked_for)
        if (key := self.keys.get(name)) is None:
            raise _refusal(code="NotFoundException")
        if (state := self.states.get(name, "Enabled")) != "Enabled":
            raise _refusal(
                "DisabledException" if state == "Disabled" else "KMSInvalidStateException"
            )
        return Told(200, getattr(self, f"_{action.lower()}")(key, name, given, bound), _TYPE)

    def _encrypt(
        self, key: VersionedKey, name: str, given: dict[str, Any], bound: bytes
    ) -> dict[str, Any]:
        sealed = key.encrypt(base64.b64decode(given["Plaintext"]), bound)
        return {
            "CiphertextBlob": base64.b64encode(sealed).decode(),
            "KeyId": name,
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }

    def _decrypt(
        self, key: VersionedKey, name: str, given: dict[str, Any], bound: bytes
    ) -> dict[str, Any]:
        try:
            _, plain = key.decrypt(base64.b64decode(given["CiphertextBlob"]), bound)
        except NotOpened:
            raise _refusal(code="InvalidCiphertextException") from None
        return {
            "Plaintext": base64.b64encode(plain).decode(),
            "KeyId": name,
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }


_TYPE = {"Content-Type": "application/x-amz-json-1.1"}


def throttled() -> Told:
    return _told("ThrottlingException")


def _refusal(code: str) -> Refusal:
    return Refusal(_told(code))


def _told(code: str) -> Told:
    return Told(400, {"__type": code, "message": f"said by the service of {code}"}, _TYPE)
