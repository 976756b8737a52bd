"""Decoding of provider responses."""

from collections.abc import Mapping
from typing import Final

from jackfield.engine import compat
from jackfield.engine.compat import Mode
from jackfield.engine.ports import Response
from jackfield.engine.wire.body import is_xml
from jackfield.engine.wire.json import decode_json
from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from jackfield.kit.json import Json

FORMS: Final[Mapping[Mode, XmlForm]] = {
    "strict": XmlForm(),
    "compat": XmlForm(keep_declaration=True),
}


def read_body(response: Response, mode: Mode) -> Json:
    """
    Read a body as compat mode does: XML where the content type says so, else JSON, else text.

    Raises:
        ValueError: it is said to be XML and is not.
    """
    body = response.body
    if not body:
        return ""
    content_type = response.headers.get("content-type")
    if content_type is not None and is_xml(content_type):
        document = compat.keep_references(body) if mode == "compat" else body
        return read_xml(document, FORMS[mode])
    try:
        return decode_json(body, mode)
    except ValueError:
        return body.decode("utf-8", "replace").removeprefix("\ufeff")
