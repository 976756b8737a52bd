"""Encoding of request bodies, by content type."""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Final
from urllib.parse import unquote_plus, urlencode

from jackfield.engine.errors import InvalidStep
from jackfield.engine.expressions import strict_values
from jackfield.engine.wire.json import decode_json, encode_json
from jackfield.engine.wire.multipart import Part, encode_multipart
from jackfield.engine.wire.query import encode_bracketed, encode_indexed, flatten_form
from jackfield.engine.wire.xml_writer import write_xml
from jackfield.kit.json import Json, is_object

FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_CONTENT_TYPE: Final = "content-type"
_XML: Final = re.compile(r"\s*(?:application|text)/(?:xml|[\w.\-]+\+xml)\b", re.IGNORECASE)
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


def is_xml(content_type: str) -> bool:
    return _XML.match(content_type) is not None


def header_name(headers: MutableMapping[str, str], name: str) -> str | None:
    """Return the spelling of `name` (lower case) in `headers`, if it is there."""
    if name in headers:
        return name
    for key in headers:
        if key.lower() == name:
            return key
    return None


def replace_headers(headers: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """Return `headers` with `added`, which replace those of the same name in any spelling."""
    names = {name.lower() for name in added}
    kept = {name: value for name, value in headers.items() if name.lower() not in names}
    return {**kept, **added}


def encode_body(body: Json, headers: MutableMapping[str, str], method: str) -> bytes | None:
    """
    Encode `body` and complete `headers` with its content type.

    An object or a list is encoded by the content type in `headers`, and as JSON without one; a text
    is sent unchanged.

    Raises:
        ValueError: the body cannot be encoded in that content type.
    """
    if body is None:
        if method in _WITH_BODY and header_name(headers, _CONTENT_TYPE) is None:
            headers["Content-Type"] = FORM
        return None
    spelled = header_name(headers, _CONTENT_TYPE)
    if spelled is None:
        headers["Content-Type"] = FORM if isinstance(body, str) else _JSON
        return body.encode("utf-8", "replace") if isinstance(body, str) else encode_json(body)
    if isinstance(body, str):
        return body.encode("utf-8", "replace")
    return _encode_as(body, headers, spelled)


def add_fields(
    content: bytes | None, headers: MutableMapping[str, str], fields: Sequence[tuple[str, str]]
) -> bytes:
    """
    Return a body with further fields, which replace those of their names.

    Raises:
        InvalidStep: it is neither a form nor a JSON object.
    """
    spelled = header_name(headers, _CONTENT_TYPE)
    if spelled is not None and headers[spelled].lower().startswith(FORM):
        names = {name for name, _ in fields}
        given = (content or b"").decode("utf-8", "replace").split("&")
        kept = [
            each for each in given if each and unquote_plus(each.partition("=")[0]) not in names
        ]
        return "&".join([*kept, urlencode(fields)]).encode()
    try:
        document: Json = decode_json(content, "strict") if content else {}
    except ValueError:
        document = None
    if not is_object(document):
        msg = "The body is neither a form nor a JSON object: it can take no credential"
        raise InvalidStep(msg)
    if spelled is None:
        headers["Content-Type"] = _JSON
    return encode_json({**document, **dict(fields)})


def _encode_as(body: Json, headers: MutableMapping[str, str], spelled: str) -> bytes:
    content_type = headers[spelled].lower()
    if is_xml(content_type):
        if not is_object(body):
            msg = "a list cannot be written as XML"
            raise ValueError(msg)
        return write_xml(body).encode()
    if content_type.startswith(FORM):
        fields = body if is_object(body) else {str(i): item for i, item in enumerate(body)}
        # As in the published engine, the header's spelling decides between two encoders.
        encode = encode_indexed if spelled == _CONTENT_TYPE else encode_bracketed
        return encode(fields).encode()
    if is_object(body) and content_type.startswith("multipart/form-data"):
        parts = [Part(name, value.encode("utf-8", "replace")) for name, value in flatten_form(body)]
        content, headers[spelled] = encode_multipart(parts)
        return content
    return encode_json(body)


def text_of(value: Json) -> bytes:
    """Encode one form field; objects and lists are JSON."""
    return (
        encode_json(value)
        if isinstance(value, dict | list)
        else strict_values.to_text(value).encode("utf-8", "replace")
    )
