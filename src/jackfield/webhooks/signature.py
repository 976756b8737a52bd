"""
Webhook signatures, in both header formats.

`x-stackone-signature` is an HMAC of the body alone, keyed with the whole secret as it is written.
The `webhook-…` headers are those of Standard Webhooks: they bind the event's id and the time as
well, and their key is what follows `whsec_`, decoded.

During the overlap of two secrets, `webhook-signature` has one signature of each, as the standard
says. `x-stackone-signature` can hold one only: that of the old secret, so that receivers have all
of the overlap to switch to the new one.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.kit.secret import Secret

PREFIX: Final = "whsec_"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Secrets:
    """The current signing secrets; `previous` is set during the overlap of two."""

    current: Secret
    previous: Secret | None = None


def mint() -> Secret:
    """Create a new signing secret."""
    return Secret(PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())


def headers(secrets_: Secrets, body: bytes, *, message_id: str, at: datetime) -> Mapping[str, str]:
    """Return the headers that prove that `body` comes from the hub."""
    moment = str(int(at.timestamp()))
    bound = f"{message_id}.{moment}.".encode() + body
    all_ = [each for each in (secrets_.current, secrets_.previous) if each is not None]
    return {
        "x-stackone-signature": _plain(all_[-1], body),
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(_standard(each, bound) for each in all_),
    }


def _plain(secret: Secret, body: bytes) -> str:
    digest = hmac.digest(secret.reveal().encode(), body, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _standard(secret: Secret, bound: bytes) -> str:
    key = base64.b64decode(secret.reveal().removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, bound, hashlib.sha256)).decode()}"
