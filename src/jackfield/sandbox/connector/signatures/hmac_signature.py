"""The check of `{strategy: hmac}`: a keyed hash of the request's canonical form."""

import base64
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from jackfield.engine.auth.signable import canonical_query
from jackfield.kit.json import Json, text
from jackfield.sandbox.connector.signatures.signed_request import (
    SignedRequest,
    hash_of,
    is_same,
    keyed_hash,
)


def is_signed(content: Mapping[str, Json], incoming: SignedRequest) -> bool:
    """
    Return whether a request is signed with the credential `secretKey`.

    Raises:
        ValueError: what it carries has another form.
    """
    algorithm = text(content, "algorithm") or "sha256"
    headers, is_basic = incoming.headers, content.get("outputFormat") == "basic"
    if is_basic:
        stamp = headers.get("date", "")
        code = headers.get("authorization", "").removeprefix("Basic ")
        username, _, sent = base64.b64decode(code, validate=True).decode().rpartition(":")
        if username != incoming.value(content.get("username")):
            return False
    else:
        stamp = headers.get("x-timestamp", "")
        name = text(content, "headerName") or "X-Signature"
        prefix, _, sent = headers.get(name.lower(), "").rpartition(" ")
        if prefix != (text(content, "prefix") or f"hmac-{algorithm}"):
            return False
    is_mail = content.get("dateFormat") == "rfc2822"
    moment = parsedate_to_datetime(stamp) if is_mail else datetime.fromisoformat(stamp)
    expected = keyed_hash(
        incoming.credential("secretKey"), _canonical(content, incoming, stamp), algorithm
    )
    return incoming.is_fresh(moment) and is_same(sent, expected)


def _canonical(content: Mapping[str, Json], incoming: SignedRequest, stamp: str) -> str:
    parts = incoming.parts
    has_hash = content.get("includeBodyHash") is not False
    pairs = parts.pairs if has_hash else (*parts.pairs, *parts.form())
    lines = [stamp, parts.method]
    lines += [parts.host] if content.get("includeHost") is True else []
    lines += [parts.path, canonical_query(pairs)]
    lines += [hash_of(parts.body).hex()] if has_hash else []
    return "\n".join(lines)
