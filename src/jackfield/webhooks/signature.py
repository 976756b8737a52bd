"""Signing what receivers are told, in both ways receivers check it.

`x-stackone-signature` is an HMAC of the body alone, keyed with the whole secret as it is written.
The `webhook-…` headers are those of Standard Webhooks: they bind the event's id and the time as
well, and their key is what follows `whsec_`, decoded.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from jackfield.kit.secret import Secret

PREFIX: Final = "whsec_"
_KEY_BYTES: Final = 32


def mint() -> Secret:
    """Make a new signing secret."""
    return Secret(PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())


def headers(secret: Secret, body: bytes, *, message_id: str, at: datetime) -> Mapping[str, str]:
    """Return the headers that prove `body` comes from us."""
    written = secret.reveal()
    moment = str(int(at.timestamp()))
    plain = hmac.digest(written.encode(), body, hashlib.sha256)
    standard = hmac.digest(
        base64.b64decode(written.removeprefix(PREFIX)),
        f"{message_id}.{moment}.".encode() + body,
        hashlib.sha256,
    )
    return {
        "x-stackone-signature": base64.urlsafe_b64encode(plain).decode().rstrip("="),
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(standard).decode()}",
    }
