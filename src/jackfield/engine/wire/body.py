"""Encoding of request bodies, by content type."""

import re
from collections.abc import MutableMapping
from typing import Final

from jackfield.engine.expressions import js
from jackfield.engine.wire.json import encode_json
from jackfield.engine.wire.multipart import Part, encode_multipart
from jackfield.engine.wire.query import encode_bracketed, encode_indexed, flatten_form
from jackfield.engine.wire.xml_writer import write_xml
from jackfield.kit.json import Json, is_object

FORM: Final = "application/x-www-form-urlencoded"
_CONTENT_TYPE: Final = "content-type"
_XML: Final = re.compile(r"\s*(?:application|text)/(?:xml|[\w.\-]+\+xml)\b", re.IGNORECASE)
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


def is_xml(content_type: str) -> bool:
    return _XML.match(content_type) is not None


def header_name(headers: MutableMapping[str, str], name: str) -> str | None:
    """Return how `name`, given in lower case, is spelled in `headers`."""
    if name in headers:
        return name
    return next((key for key in headers if key.lower() == name), None)


def encode_body(body: Json, headers: MutableMapping[str, str], method: str) -> bytes | None:
    """
    Write `body` and complete `headers` with its content type.

    An object or a list follows the content type given, and is JSON without one; a text is sent as
    it stands.

    Raises:
        ValueError: it cannot be written that way.
    """
    if body is None:
        if method in _WITH_BODY and header_name(headers, _CONTENT_TYPE) is None:
            headers["Content-Type"] = FORM
        return None
    spelled = header_name(headers, _CONTENT_TYPE)
    if spelled is None:
        headers["Content-Type"] = FORM if isinstance(body, str) else "application/json"
        return body.encode("utf-8", "replace") if isinstance(body, str) else encode_json(body)
    if isinstance(body, str):
        return body.encode("utf-8", "replace")
    return _encode_as(body, headers, spelled)


def _encode_as(body: Json, headers: MutableMapping[str, str], spelled: str) -> bytes:
    content_type = headers[spelled].lower()
    if is_xml(content_type):
        if not is_object(body):
            msg = "a list cannot be written as XML"
            raise ValueError(msg)
        return write_xml(body).encode()
    if content_type.startswith(FORM):
        fields = body if is_object(body) else {str(i): item for i, item in enumerate(body)}
        # The exact spelling decides between two encoders in the engine the format comes from.
        encode = encode_indexed if spelled == _CONTENT_TYPE else encode_bracketed
        return encode(fields).encode()
    if is_object(body) and content_type.startswith("multipart/form-data"):
        parts = [Part(name, value.encode("utf-8", "replace")) for name, value in flatten_form(body)]
        content, headers[spelled] = encode_multipart(parts)
        return content
    return encode_json(body)


def text_of(value: Json) -> bytes:
    """Write one form field: JSON for what is not a single value."""
    return (
        encode_json(value)
        if isinstance(value, dict | list)
        else js.to_text(value).encode("utf-8", "replace")
    )
