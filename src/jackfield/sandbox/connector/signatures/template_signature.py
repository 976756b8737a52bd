"""The check of `{strategy: template}`: a hash of a text that the connector composes."""

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final
from urllib.parse import unquote_plus

from jackfield.engine.auth.template_signature import describe
from jackfield.engine.expressions import js
from jackfield.engine.wire.json import encode_json
from jackfield.engine.wire.url import without_parameters
from jackfield.kit.json import Json, as_object, encode, items, parse, text
from jackfield.sandbox.connector.request import FORM
from jackfield.sandbox.connector.signatures.signed_request import (
    SignedRequest,
    aware,
    hash_of,
    is_same,
)

_NAMED: Final = re.compile(r"\bsigning\.(\w+)")
_WHOLE: Final = re.compile(r"\$\.signing\.(\w+)|\$\{signing\.(\w+)\}|\{\{\s*signing\.(\w+)\s*\}\}")
# The precise come first: what is read of them is known of the others, too.
_READ: Final[Mapping[str, Callable[[str], datetime]]] = {
    "milliseconds": lambda sent: datetime.fromtimestamp(int(sent) / 1000, UTC),
    "iso": datetime.fromisoformat,
    "seconds": lambda sent: datetime.fromtimestamp(int(sent), UTC),
    "date": parsedate_to_datetime,
    "compact": lambda sent: datetime.strptime(sent, "%Y%m%d%H%M%S").replace(tzinfo=UTC),
}
_PRECISE: Final = frozenset({"milliseconds", "iso"})


def is_signed(content: Mapping[str, Json], incoming: SignedRequest) -> bool:
    """
    Return whether a request carries the hash of the text that the connector composes.

    Of a text with a time or nonce that is not sent, no more can be known than that there is a hash.

    Raises:
        ValueError: what it carries has another form.
    """
    signing = _signing(content, incoming)
    place, name = text(content, "in") or "header", text(content, "name")
    sent = sent_by(content, incoming)
    if sent is None:
        return False
    used = set(_NAMED.findall(encode(content).decode()))
    if not used <= signing.keys():
        return True
    moment = next((read(str(signing[key])) for key, read in _READ.items() if key in signing), None)
    seen = {**incoming.scope, "signing": signing}
    pairs = items(content, "also")
    if not all(
        _sent(incoming, text(each, "in") or "header", text(each, "name"))
        == incoming.value(each.get("value"), seen)
        for each in pairs
    ):
        return False
    signature = _signature(content, incoming, {**seen, "request": _bare(incoming, place, name)})
    template = content.get("value", "$.signature")
    expected = incoming.value(template, {**seen, "signature": signature})
    return (moment is None or incoming.is_fresh(moment)) and is_same(sent, expected)


def sent_by(content: Mapping[str, Json], incoming: SignedRequest) -> str | None:
    """Return what a request has in the place of the signature, if there is something."""
    return _sent(incoming, text(content, "in") or "header", text(content, "name"))


def _signature(
    content: Mapping[str, Json], incoming: SignedRequest, seen: Mapping[str, Json]
) -> str:
    algorithm = text(content, "algorithm") or "sha256"
    signed = incoming.value(content.get("text"), dict(seen)).encode()
    if "key" in content:
        key = _key(incoming.value(content["key"], dict(seen)), text(content, "keyEncoding"))
        raw = hmac.digest(key, signed, algorithm)
    else:
        raw = hash_of(signed, algorithm)
    match text(content, "encoding"):
        case "base64":
            return base64.b64encode(raw).decode()
        case "base64url":
            return base64.urlsafe_b64encode(raw).decode().rstrip("=")
        case _:
            return raw.hex()


def _key(written: str, form: str) -> bytes:
    match form:
        case "hex":
            return bytes.fromhex(written)
        case "base64":
            return base64.b64decode(written, validate=True)
        case _:
            return written.encode()


def _signing(content: Mapping[str, Json], incoming: SignedRequest) -> dict[str, Json]:
    """Return the time and nonce that a request was signed with, as far as it says them."""
    found: dict[str, Json] = {}
    for pair in items(content, "also"):
        whole = _WHOLE.fullmatch(text(pair, "value").strip())
        sent = _sent(incoming, text(pair, "in") or "header", text(pair, "name"))
        if whole is not None and sent is not None:
            found[next(filter(None, whole.groups()))] = sent
    known = next((key for key in _READ if key in found), None)
    if known is None:
        return found
    moment = aware(_READ[known](str(found[known]))).astimezone(UTC)
    others: dict[str, Json] = {
        "seconds": int(moment.timestamp()),
        "date": format_datetime(moment, usegmt=True),
        "compact": f"{moment:%Y%m%d%H%M%S}",
    }
    if known in _PRECISE:
        others |= {"milliseconds": round(moment.timestamp() * 1000), "iso": js.iso_text(moment)}
    return {**others, **found}


def _sent(incoming: SignedRequest, place: str, name: str) -> str | None:
    match place:
        case "query":
            return dict(incoming.parts.pairs).get(name)
        case "body":
            found = _fields(incoming).get(name)
            return None if found is None else js.to_text(found)
        case _:
            return incoming.headers.get(name.lower())


def _fields(incoming: SignedRequest) -> Mapping[str, Json]:
    if incoming.request.content_type == FORM:
        return dict(incoming.parts.form())
    return as_object(parse(incoming.request.content)) if incoming.request.content else {}


def _bare(incoming: SignedRequest, place: str, name: str) -> Json:
    """Return what a text can say of the request before its signature was added."""
    url, content = f"{incoming.origin}{incoming.request.target}", incoming.request.content
    if place == "query":
        url = without_parameters(url, [name])
    elif place == "body" and incoming.request.content_type == FORM:
        fields = content.decode().split("&")
        kept = (each for each in fields if unquote_plus(each.partition("=")[0]) != name)
        content = "&".join(kept).encode()
    elif place == "body":
        members = {key: value for key, value in _fields(incoming).items() if key != name}
        content = encode_json(members) if members else b""
    return describe(incoming.parts_of(url, content))
