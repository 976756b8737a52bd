"""Signatures over a text that the connector composes: app key, time and sign schemes."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from secrets import token_hex
from typing import Final, TypeAlias

from jackfield.engine.auth.additions import Additions
from jackfield.engine.auth.signable import Sign, Signable, canonical_query, with_additions
from jackfield.engine.auth.signing_fields import compile_fields
from jackfield.engine.compat import Mode
from jackfield.engine.current_time import now
from jackfield.engine.document_reader import require_known, take_choice, take_objects
from jackfield.engine.errors import CredentialMissing, InvalidStep, missing_field
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.schema.signing import (
    ADDED_PAIR,
    HASHES,
    KEY_FORMS,
    PLACES,
    SIGNATURE_FORMS,
    TEMPLATE_SIGNING,
)
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json

_Place: TypeAlias = Callable[[EvaluationScope], Additions]

_READ_KEY: Final[Mapping[str, Callable[[str], bytes]]] = {
    "utf8": lambda text: text.encode("utf-8", "replace"),
    "hex": bytes.fromhex,
    "base64": lambda text: base64.b64decode(text, validate=True),
}
_WRITE: Final[Mapping[str, Callable[[bytes], str]]] = {
    "hex": bytes.hex,
    "base64": lambda raw: base64.b64encode(raw).decode(),
    "base64url": lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
}


def compile_template(content: Mapping[str, Json], mode: Mode) -> Sign:
    """
    Compile `{strategy: template, text, key, in, name, …}`.

    Raises:
        InvalidStep: it is malformed.
    """
    require_known(content, TEMPLATE_SIGNING.entries, "signing")
    chosen = {"algorithm": "sha256", "keyEncoding": "utf8", "encoding": "hex", **content}
    algorithm = take_choice(chosen, "algorithm", HASHES, "signing.algorithm")
    read_key = _READ_KEY[take_choice(chosen, "keyEncoding", KEY_FORMS, "signing.keyEncoding")]
    write = _WRITE[take_choice(chosen, "encoding", SIGNATURE_FORMS, "signing.encoding")]
    # Without a key the text has the secret in it, and is hashed as it is.
    needed = ("text", "key") if "key" in content else ("text",)
    fields = compile_fields(content, mode, needed=needed)
    also = [
        _compile_pair(pair, f"signing.also[{index}]", mode)
        for index, pair in enumerate(take_objects(content.get("also"), "signing.also"))
    ]
    pair = {name: content[name] for name in ("in", "name", "value") if name in content}
    place = _compile_pair({"value": "$.signature", **pair}, "signing", mode)

    def sign(request: Signable, scope: EvaluationScope) -> Additions:
        seen = {**scope, "signing": _moment()}
        added = [each(seen) for each in also]
        for each in added:
            request = with_additions(request, each)
        seen["request"] = describe(request)
        values = fields(seen)
        text = values["text"].encode("utf-8", "replace")
        if "key" in values:
            raw = hmac.digest(_key(read_key, values["key"]), text, algorithm)
        else:
            raw = hashlib.new(algorithm, text).digest()
        signature = write(raw)
        last = place({**seen, "signature": signature})
        return Additions(
            headers=[pair for each in (*added, last) for pair in each.headers],
            query=[pair for each in (*added, last) for pair in each.query],
            body=[pair for each in (*added, last) for pair in each.body],
            secrets=(signature, signature.upper()),
        )

    return sign


def _compile_pair(content: Mapping[str, Json], path: str, mode: Mode) -> _Place:
    require_known(content, ADDED_PAIR.entries, path)
    location = take_choice({"in": "header", **content}, "in", PLACES, f"{path}.in")
    for key in ("name", "value"):
        if key not in content:
            raise missing_field(path=f"{path}.{key}")
    name, value = str(content["name"]), compile_value(content["value"], mode)

    def place(scope: EvaluationScope) -> Additions:
        given = value(scope)
        if given is None or given is UNDEFINED:
            msg = f"The account has no value for '{path}.value'"
            raise CredentialMissing(msg)
        pairs = [(name, js.to_text(given))]
        match location:
            case "query":
                return Additions(query=pairs)
            case "body":
                return Additions(body=pairs)
            case _:
                return Additions(headers=pairs)

    return place


def _moment() -> dict[str, Json]:
    moment = now()
    return {
        "seconds": int(moment.timestamp()),
        "milliseconds": int(moment.timestamp() * 1000),
        "iso": js.iso_text(moment),
        "date": format_datetime(moment, usegmt=True),
        "compact": f"{moment:%Y%m%d%H%M%S}",
        "nonce": token_hex(16),
    }


def describe(request: Signable) -> dict[str, Json]:
    """Return the parts of the request that a text may be composed of."""
    pairs = sorted((*request.pairs, *request.form()))
    return {
        "method": request.method,
        "host": request.host,
        "path": request.path,
        "query": canonical_query(request.pairs),
        "pairs": [f"{name}={value}" for name, value in pairs],
        "joined": "".join(f"{name}{value}" for name, value in pairs),
        "body": request.body.decode("utf-8", "replace"),
        "bodyMd5": base64.b64encode(
            hashlib.md5(request.body, usedforsecurity=False).digest()
        ).decode(),
        "bodySha256": hashlib.sha256(request.body).hexdigest(),
    }


def _key(read: Callable[[str], bytes], text: str) -> bytes:
    try:
        return read(text)
    except ValueError:
        # Not chained: the cause may quote the key.
        msg = "The key of the signature is not written as 'signing.keyEncoding' says"
        raise InvalidStep(msg) from None
