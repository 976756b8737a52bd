"""An example's answer, as it is sent."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Final

from jackfield.engine.wire.body import is_xml
from jackfield.kit.json import Json, is_object
from jackfield.sandbox.connector.envelopes import XML, xml_reply
from jackfield.sandbox.replies import TEXT, Reply, json_reply
from jackfield.testing.case_files import Answer

_BINARY: Final = "application/octet-stream"
_OWN: Final = object()
_NO_CONTENT: Final = 204


def reply_of(
    answer: Answer,
    body: Json = _OWN,
    headers: Mapping[str, str] | None = None,
    *,
    is_soap: bool = False,
) -> Reply:
    """Return an answer, or one with another body and more headers; links are left out."""
    own = {name.lower(): value for name, value in answer.headers.items()}
    kind = own.pop("content-type", None)
    own.pop("link", None)
    extra = {**own, **(headers or {})}
    content = answer.json if body is _OWN else body
    if answer.text is not None:
        return Reply(answer.text.encode(), answer.status, kind or TEXT, extra)
    if answer.base64 is not None:
        return Reply(b64decode(answer.base64), answer.status, kind or _BINARY, extra)
    if is_soap or (kind and is_xml(kind) and is_object(content)):
        return xml_reply(content, answer.status, kind or XML, extra, is_soap=is_soap)
    if content is None or answer.status == _NO_CONTENT:
        return Reply(b"", answer.status, kind or TEXT, extra)
    made = json_reply(content, answer.status)
    return Reply(made.body, made.status, kind or made.content_type, extra)
