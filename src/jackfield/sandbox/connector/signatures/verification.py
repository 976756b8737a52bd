"""The check of signed requests, by each strategy that connectors know."""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from jackfield.kit.errors import HubError
from jackfield.kit.json import DecodeError, Json, as_object, encode, mapping, text
from jackfield.sandbox.connector.signatures import (
    aws4,
    hmac_signature,
    oauth1,
    template_signature,
    wsse,
)
from jackfield.sandbox.connector.signatures.signed_request import SignedRequest

_Check: TypeAlias = Callable[[Mapping[str, Json], SignedRequest], bool]

_CHECKS: Final[Mapping[str, _Check]] = {
    "aws4": aws4.is_signed,
    "hmac": hmac_signature.is_signed,
    "oauth1": oauth1.is_signed,
    "template": template_signature.is_signed,
    "wsse": wsse.is_signed,
}


_OF_A_RUN: Final = re.compile(r"\b(?:inputs|steps)\.")
# Of these, no two requests have the same.
NONCES: Final = frozenset({"oauth1", "wsse"})


def signing_of(authorization: Json) -> Mapping[str, Json]:
    """Return how an authorization signs; nothing if it does not."""
    return mapping(as_object(authorization), "signing")


def is_signed(signing: Mapping[str, Json], incoming: SignedRequest) -> bool:
    """
    Return whether a request is signed as the connector says, with these credentials.

    Of a signature that is made of an action's inputs, no more can be known than that there is one.
    """
    if _OF_A_RUN.search(encode(signing).decode()):
        return signature_in(signing, incoming) != ""
    try:
        return _CHECKS[text(signing, "strategy")](signing, incoming)
    except (ValueError, OverflowError, DecodeError, HubError):
        return False


def signature_in(signing: Mapping[str, Json], incoming: SignedRequest) -> str:
    """Return the header that a signature is in, right or wrong; an empty text without one."""
    headers = incoming.headers
    match text(signing, "strategy"):
        case "aws4" | "oauth1":
            start = "OAuth " if signing["strategy"] == "oauth1" else "AWS4-"
            sent = headers.get("authorization", "")
            return sent if sent.startswith(start) else ""
        case "wsse":
            return headers.get((text(signing, "headerName") or "X-WSSE").lower(), "")
        case "hmac":
            own = text(signing, "headerName") or "X-Signature"
            is_basic = signing.get("outputFormat") == "basic"
            return headers.get("authorization" if is_basic else own.lower(), "")
        case _:
            return template_signature.sent_by(signing, incoming) or ""
