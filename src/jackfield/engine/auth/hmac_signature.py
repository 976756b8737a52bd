"""HMAC signatures over a canonical form of the request."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Final, cast

from jackfield.engine.auth.additions import Additions
from jackfield.engine.auth.signable import Sign, Signable, canonical_query
from jackfield.engine.compat import Mode
from jackfield.engine.current_time import now
from jackfield.engine.document_reader import require_known
from jackfield.engine.errors import CredentialMissing, invalid_value
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.schema.signing import HASHES, HMAC_SIGNING
from jackfield.kit.json import Json, as_object

_DATES: Final[Mapping[str, Callable[[datetime], str]]] = {
    "iso8601": js.iso_text,
    "rfc2822": lambda moment: format_datetime(moment.replace(tzinfo=None)),
}


def compile_hmac(content: Mapping[str, Json], mode: Mode) -> Sign:
    """
    Compile `{strategy: hmac, …}`.

    Raises:
        InvalidStep: it is malformed.
    """
    require_known(content, HMAC_SIGNING.entries, "signing")
    algorithm = _choice(content, "algorithm", HASHES, "sha256")
    date = _DATES[_choice(content, "dateFormat", tuple(_DATES), "iso8601")]
    basic = _choice(content, "outputFormat", ("header", "basic"), "header") == "basic"
    header_name = str(content.get("headerName") or "X-Signature")
    prefix = str(content.get("prefix") or f"hmac-{algorithm}")
    with_host = content.get("includeHost") is True
    with_body = content.get("includeBodyHash") is not False
    username = compile_value(content.get("username"), mode)

    def sign(request: Signable, scope: EvaluationScope) -> Additions:
        secret = as_object(scope.get("credentials")).get("secretKey")
        if not secret:
            msg = "The credential 'secretKey' is missing"
            raise CredentialMissing(msg)
        stamp = date(now())
        text = _canonical(request, stamp, with_host=with_host, with_body=with_body)
        signature = hmac.digest(_bytes(js.to_text(secret)), _bytes(text), algorithm).hex()
        if basic:
            pair = f"{js.to_text(username(scope))}:{signature}"
            code = base64.b64encode(_bytes(pair)).decode()
            headers = [("Authorization", f"Basic {code}"), ("Date", stamp)]
        else:
            headers = [(header_name, f"{prefix} {signature}"), ("X-Timestamp", stamp)]
        return Additions(headers=headers, secrets=(signature,))

    return sign


def _canonical(request: Signable, stamp: str, *, with_host: bool, with_body: bool) -> str:
    pairs = request.pairs if with_body else request.pairs + request.form()
    lines = [stamp, request.method]
    if with_host:
        lines.append(request.host)
    lines += [request.path, canonical_query(pairs)]
    if with_body:
        lines.append(hashlib.sha256(request.body).hexdigest())
    return "\n".join(lines)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _choice(content: Mapping[str, Json], key: str, allowed: tuple[str, ...], default: str) -> str:
    value = content.get(key, default)
    if value not in allowed:
        raise invalid_value(path=f"signing.{key}", value=value, allowed=allowed)
    return cast("str", value)
