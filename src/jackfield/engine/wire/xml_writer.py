"""XML writer: `@_name` is an attribute, `#text` is text, a list repeats its element."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.sax.saxutils import escape

from jackfield.engine.expressions import strict_values
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object

ATTRIBUTE: Final = "@_"
TEXT: Final = "#text"
_DEEPEST: Final = 200
# A longer one is nobody's element, and reading millions of characters keeps other calls waiting.
_LONGEST_NAME: Final = 10_000
_NAME: Final = re.compile(r":?[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?")
# A reader takes a bare carriage return for a line feed, and any blank of an attribute for a space.
_QUOTES: Final = {'"': "&quot;", "'": "&apos;", "\r": "&#13;"}
_BLANKS: Final = {"\n": "&#10;", "\t": "&#9;"}
# Characters that XML 1.0 does not allow, escaped or not.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def write_xml(content: Mapping[str, Json]) -> str:
    """
    Return `content`'s entries as XML elements.

    Raises:
        ValueError: a key is not a name, or the value is nested too deeply.
    """
    return "".join(_elements(content, 0))


def _elements(content: Mapping[str, Json], depth: int) -> Iterator[str]:
    for name, value in content.items():
        if name == TEXT:
            yield _text(value)
        elif not name.startswith(ATTRIBUTE):
            for item in value if is_list(value) else [value]:
                yield from _element(name, item, depth)


def _element(name: str, value: Json, depth: int) -> Iterator[str]:
    if value is UNDEFINED:
        return
    if depth > _DEEPEST:
        msg = "XML nested too deeply"
        raise ValueError(msg)
    yield f"<{_checked(name)}"
    if value is None:
        yield "/>"
        return
    if is_object(value):
        yield from _attributes(value)
        yield ">"
        yield from _elements(value, depth + 1)
    else:
        yield f">{_text(value)}"
    yield f"</{name}>"


def _attributes(content: Mapping[str, Json]) -> Iterator[str]:
    for name, value in content.items():
        if name.startswith(ATTRIBUTE) and value is not UNDEFINED:
            text = "" if value is None else _text(value, _BLANKS)
            yield f' {_checked(name.removeprefix(ATTRIBUTE))}="{text}"'


def _text(value: Json, more: Mapping[str, str] = {}) -> str:
    written = _UNWRITABLE.sub("\ufffd", strict_values.to_text(value))
    return escape(written, {**_QUOTES, **more})


def _checked(name: str) -> str:
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        msg = f"{name[:40]!r} is not an XML name"
        raise ValueError(msg)
    return name
