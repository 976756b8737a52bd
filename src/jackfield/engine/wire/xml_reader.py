"""
XML parser to plain values.

Elements become keys, repeated ones lists, attributes keys with a prefix, text beside attributes or
children `#text`. Document types are refused, and with them every entity that could expand.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from jackfield.engine.expressions import js
from jackfield.engine.wire.json import NestedTooDeep
from jackfield.kit.json import Json, is_list

_DEEPEST: Final = 200
_MOST_ELEMENTS: Final = 1_000_000
_NUMBER: Final = re.compile(r"[+-]?(\d*)(\.\d*)?", re.ASCII)
_EXPONENT: Final = re.compile(r"[+-]?(?:[1-9]\d*|0)(?:\.\d+)?[eE][+-]?\d{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class XmlForm:
    """The form in which an XML document becomes values; with `keep_texts`, none is a number."""

    attribute_prefix: str = "@_"
    keep_prefixes: bool = True
    keep_declaration: bool = False
    keep_texts: bool = False


@dataclass(slots=True)
class _Element:
    content: dict[str, Json] = field(default_factory=dict[str, Json])
    text: list[str] = field(default_factory=list[str])


def read_xml(document: bytes | str, form: XmlForm) -> dict[str, Json]:
    """
    Parse a document.

    Raises:
        ValueError: it is not well-formed, has a document type, or is out of bounds.
    """
    reader = _Reader(form)
    parser = expat.ParserCreate("utf-8" if isinstance(document, str) else None)
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if form.keep_declaration:
        parser.XmlDeclHandler = reader.declaration
    try:
        parser.Parse(
            document.encode("utf-8", "replace") if isinstance(document, str) else document, True
        )
    except expat.ExpatError as error:
        msg = f"not well-formed XML: {expat.errors.messages.get(error.code, 'unreadable')}"
        raise ValueError(msg) from error
    except LookupError:
        msg = "the XML declares an unknown encoding"
        raise ValueError(msg) from None
    return reader.root


def parse_scalar(text: str) -> Json:
    """Parse an element's text: booleans, and numbers that would be formatted the same way."""
    if text in ("true", "false"):
        return text == "true"
    if _EXPONENT.fullmatch(text):
        return js.to_number(text)
    found = _NUMBER.fullmatch(text)
    if found is None or not any(map(str.isdigit, text)):
        return text
    whole = found[1]
    if len(whole) > 1 and whole[0] == "0":
        return text
    number = js.to_number(text)
    plain = text.lstrip("+-").lstrip("0") if whole.strip("0") == "" else text.lstrip("+-")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    written = js.number_text(abs(number))
    return number if (written.lstrip("0") or "0") == (plain.lstrip("0") or "0") else text


class _Reader:
    def __init__(self, form: XmlForm) -> None:
        self.root: dict[str, Json] = {}
        self._form = form
        self._open = [_Element(self.root)]
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        msg = "XML out of bounds"
        if len(self._open) > _DEEPEST:
            raise NestedTooDeep(msg)
        if self._count > _MOST_ELEMENTS:
            raise ValueError(msg)
        prefix = self._form.attribute_prefix
        element = _Element()
        for key, value in attributes.items():
            if self._form.keep_prefixes or not key.startswith("xmlns"):
                element.content[prefix + self._name(key)] = value
        self._open[-1].text.append("")
        self._open.append(element)

    def text(self, text: str) -> None:
        parts = self._open[-1].text
        if parts:
            parts[-1] += text
        else:
            parts.append(text)

    def end(self, name: str) -> None:
        element = self._open.pop()
        value = _value(element, str if self._form.keep_texts else parse_scalar)
        siblings = self._open[-1].content
        key = self._name(name)
        if key not in siblings:
            siblings[key] = value
        elif is_list(siblings[key]):
            siblings[key].append(value)
        else:
            siblings[key] = [siblings[key], value]

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        prefix = self._form.attribute_prefix
        entry = {prefix + "version": version}
        if encoding:
            entry[prefix + "encoding"] = encoding
        if standalone >= 0:
            entry[prefix + "standalone"] = "yes" if standalone else "no"
        self.root["?xml"] = entry

    def _name(self, name: str) -> str:
        return name if self._form.keep_prefixes else name.rpartition(":")[2]


def _value(element: _Element, read: Callable[[str], Json]) -> Json:
    text = "".join(map(str.strip, element.text))
    if not element.content:
        return read(text) if text else ""
    if text:
        element.content["#text"] = read(text)
    return element.content


def _refuse_doctype(_name: str, _system: str | None, _public: str | None, _internal: int) -> None:
    msg = "XML with a document type is refused"
    raise ValueError(msg)
