"""AWS Signature Version 4."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from jackfield.engine.auth.additions import Additions
from jackfield.engine.auth.signable import Sign, Signable, canonical_query
from jackfield.engine.auth.signing_fields import compile_fields
from jackfield.engine.compat import Mode
from jackfield.engine.current_time import now
from jackfield.engine.document_reader import require_known
from jackfield.engine.errors import CredentialMissing, missing_field
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.schema.signing import AWS4_SIGNING
from jackfield.kit.json import Json, as_object

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_KEYS: Final = ("accessKeyId", "secretAccessKey", "sessionToken")
_REGION: Final = "us-east-1"
_BLANK: Final = hashlib.sha256(b"").hexdigest()


def compile_aws4(content: Mapping[str, Json], mode: Mode) -> Sign:
    """
    Compile `{strategy: aws4, service, region?}`.

    Raises:
        InvalidStep: it is malformed.
    """
    require_known(content, AWS4_SIGNING.entries, "signing")
    named = tuple(key for key in _KEYS if key in content)
    own = compile_fields(content, mode, needed=named)
    if not content.get("service"):
        raise missing_field(path="signing.service")
    service = compile_value(content["service"], mode)
    region = compile_value(content.get("region"), mode)

    def sign(request: Signable, scope: EvaluationScope) -> Additions:
        credentials = as_object(scope.get("credentials"))
        chosen = region(scope) or credentials.get("region") or _REGION
        headers = sign_request(
            request, {**credentials, **own(scope)}, js.to_text(chosen), js.to_text(service(scope))
        )
        signature = headers["Authorization"].rpartition("=")[2]
        return Additions(headers=[*headers.items()], secrets=(signature,))

    return sign


def sign_request(
    request: Signable, credentials: Mapping[str, Json], region: str, service: str
) -> dict[str, str]:
    """Return the headers that sign a request with `accessKeyId` and `secretAccessKey`."""
    moment = now()
    key_id, secret = _require(credentials, "accessKeyId"), _require(credentials, "secretAccessKey")
    added = _added_headers(request, credentials, moment)
    signed = {name.lower(): " ".join(value.split()) for name, value in request.headers.items()}
    signed |= {**added, "host": request.host}
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        (
            request.method,
            _path(request, service),
            canonical_query(request.pairs),
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            names,
            added["x-amz-content-sha256"],
        )
    )
    scope = f"{moment:%Y%m%d}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()
    to_sign = "\n".join((_ALGORITHM, added["x-amz-date"], scope, digest))
    key = b"AWS4" + secret.encode("utf-8", "replace")
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode("utf-8", "replace"), "sha256")
    signature = hmac.digest(key, to_sign.encode("utf-8", "replace"), "sha256").hex()
    credential = f"Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**added, "Authorization": f"{_ALGORITHM} {credential}"}


def _path(request: Signable, service: str) -> str:
    """Return the path escaped: for S3 once, so that escapes are kept, and twice for all others."""
    return quote(request.path, safe="/%-_.~" if service == "s3" else "/-_.~")


def _added_headers(
    request: Signable, credentials: Mapping[str, Json], moment: datetime
) -> dict[str, str]:
    digest = hashlib.sha256(request.body)
    headers = {
        "x-amz-date": f"{moment:%Y%m%dT%H%M%SZ}",
        "x-amz-content-sha256": digest.hexdigest(),
    }
    checked = any(name.lower().startswith("x-amz-checksum-") for name in request.headers)
    if not checked and headers["x-amz-content-sha256"] != _BLANK:
        headers["x-amz-checksum-sha256"] = base64.b64encode(digest.digest()).decode()
    if token := credentials.get("sessionToken"):
        headers["x-amz-security-token"] = js.to_text(token)
    return headers


def _require(credentials: Mapping[str, Json], name: str) -> str:
    value = credentials.get(name)
    if not value:
        msg = f"The credential '{name}' is missing"
        raise CredentialMissing(msg)
    return js.to_text(value)
