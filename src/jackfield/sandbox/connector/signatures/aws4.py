"""The check of `{strategy: aws4}`: AWS Signature Version 4."""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from jackfield.engine.auth.signable import canonical_query
from jackfield.kit.json import Json
from jackfield.sandbox.connector.signatures.signed_request import SignedRequest, hash_of, is_same

_USUAL_REGION: Final = "us-east-1"
_HEADER: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), "
    r"SignedHeaders=(?P<names>[^,]+), Signature=(?P<signature>[0-9a-f]+)"
)


def is_signed(content: Mapping[str, Json], incoming: SignedRequest) -> bool:
    """
    Return whether a request is signed with an access key, and carries the token of a passing one.

    Raises:
        ValueError: what it carries has another form.
    """
    headers = incoming.headers
    found = _HEADER.fullmatch(headers.get("authorization", ""))
    if found is None:
        return False
    stamp = headers.get("x-amz-date", "")
    moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    region = incoming.value(content.get("region")) or incoming.credential("region")
    service = incoming.value(content.get("service"))
    scope = f"{stamp[:8]}/{region or _USUAL_REGION}/{service}/aws4_request"
    told = (found["key"], found["scope"], headers.get("x-amz-security-token", ""))
    known = (_own(content, incoming, "accessKeyId"), scope, _own(content, incoming, "sessionToken"))
    canonical = _canonical(incoming, service, found["names"])
    to_sign = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hash_of(canonical.encode()).hex()))
    key = f"AWS4{_own(content, incoming, 'secretAccessKey')}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return told == known and incoming.is_fresh(moment) and is_same(found["signature"], signature)


def _canonical(incoming: SignedRequest, service: str, names: str) -> str:
    """Return the request's canonical form; one without its host or its body is no other's."""
    parts, headers = incoming.parts, {**incoming.headers, "host": incoming.parts.host}
    digest = hash_of(parts.body).hex()
    if "host" not in names.split(";") or headers.get("x-amz-content-sha256") != digest:
        return ""
    signed = [f"{name}:{' '.join(headers.get(name, '').split())}" for name in names.split(";")]
    path = quote(parts.path, safe="/%-_.~" if service == "s3" else "/-_.~")
    lines = [parts.method, path, canonical_query(parts.pairs), *signed, "", names, digest]
    return "\n".join(lines)


def _own(content: Mapping[str, Json], incoming: SignedRequest, name: str) -> str:
    """Return a key as the connector names it, or else the credential of that name."""
    return incoming.value(content[name]) if name in content else incoming.credential(name)
