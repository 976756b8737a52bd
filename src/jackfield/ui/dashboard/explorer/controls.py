"""Kinds of controls for the values that a JSON Schema describes."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from jackfield.kit.json import DecodeError, Json, as_list, as_object, encode, parse, words
from jackfield.kit.secret_names import is_secret_name

# Deeper values, and lists with more items, are written as JSON.
DEEPEST: Final = 4
MOST_ROWS: Final = 50
_SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})
_NUMBERS: Final = frozenset({"integer", "number"})
_WHOLE: Final = re.compile(r"-?(?:0|[1-9]\d{0,999})", re.ASCII)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LONG: Final = re.compile(
    r"html|body|text|message|content|template|description|note|query|script|sql", re.IGNORECASE
)
_LONG_FROM: Final = 256


class Kind(StrEnum):
    TEXT = "text"
    LONG = "long"
    SECRET = "secret"  # noqa: S105 - a kind of control
    DATE = "date"
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"
    LINES = "lines"
    JSON = "json"
    GROUP = "group"
    ROWS = "rows"


class NotJson(ValueError):
    """The text of a control is not JSON."""


def kind_of(name: str, schema: Mapping[str, Json], depth: int) -> Kind:  # noqa: PLR0911 - one for each kind
    """Return the kind of control for a value; `name` is what it is called."""
    if is_secret_name(name) or schema.get("writeOnly") is True:
        return Kind.SECRET
    if "anyOf" in schema:
        return Kind.TEXT if _is_scalar(schema) else Kind.JSON
    kind = type_of(schema)
    if "enum" in schema or kind == "boolean":
        return Kind.CHOICE
    if kind == "string":
        return _text_kind(name, schema)
    if kind in _NUMBERS:
        return Kind.NUMBER
    if kind == "array":
        return _list_kind(as_object(schema.get("items")), depth)
    if kind == "object" and schema.get("properties") and depth < DEEPEST:
        return Kind.GROUP
    return Kind.JSON


def type_of(schema: Mapping[str, Json]) -> str:
    """Return the one type of a value beside null, or an empty text."""
    kinds = [each for each in words(schema.get("type")) if each != "null"]
    return kinds[0] if len(kinds) == 1 else ""


def type_words(schema: Mapping[str, Json]) -> str:
    """Return the type of a value as people read it."""
    if "anyOf" in schema:
        variants = map(as_object, as_list(schema["anyOf"]))
        found = dict.fromkeys(type_words(each) for each in variants)
        return " or ".join(each for each in found if each != "null")
    kind = type_of(schema)
    if kind == "array":
        items = type_words(as_object(schema.get("items")))
        return f"list of {items}s" if items else "list"
    written = schema.get("format")
    return written if kind == "string" and isinstance(written, str) else kind or "any"


def options_of(schema: Mapping[str, Json]) -> dict[str, Json]:
    """Return the values that may be chosen, by the text that each is shown as."""
    if "enum" in schema:
        return {written(each): each for each in as_list(schema["enum"]) if each is not None}
    return {"true": True, "false": False} if type_of(schema) == "boolean" else {}


def scalar_from(schema: Mapping[str, Json], text: str) -> Json:
    """Return what a text stands for; what is no such value stays text, and is refused as that."""
    options = options_of(schema)
    if options:
        return options.get(text, text)
    kinds = _types(schema)
    if kinds & _NUMBERS and _NUMBER.fullmatch(text.strip()):
        plain = text.strip()
        return int(plain) if _WHOLE.fullmatch(plain) else float(plain)
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    return text


def json_from(text: str) -> Json:
    """
    Read JSON that was typed.

    Raises:
        NotJson: it is none; says where.
    """
    try:
        return parse(text)
    except DecodeError as error:
        raise NotJson(_without_bytes(str(error), text)) from None
    except UnicodeError:
        msg = "has half a character in it"
        raise NotJson(msg) from None


def written(value: Json) -> str:
    """Return a value as the text of a control: text as it is, and else JSON."""
    return value if isinstance(value, str) else encode(value).decode()


def _is_scalar(schema: Mapping[str, Json]) -> bool:
    return bool(_types(schema)) and _SCALARS.issuperset(_types(schema))


def _types(schema: Mapping[str, Json]) -> frozenset[str]:
    """Return the types that a value may have, beside null."""
    variants = map(as_object, as_list(schema.get("anyOf")))
    found = {*words(schema.get("type"))}.union(*map(_types, variants))
    return frozenset(found - {"null"})


def _text_kind(name: str, schema: Mapping[str, Json]) -> Kind:
    if schema.get("format") == "date":
        return Kind.DATE
    if "format" in schema or "pattern" in schema:
        return Kind.TEXT
    longest = schema.get("maxLength")
    is_long = isinstance(longest, int) and longest > _LONG_FROM
    return Kind.LONG if is_long or (longest is None and _LONG.search(name)) else Kind.TEXT


def _list_kind(items: Mapping[str, Json], depth: int) -> Kind:
    if "enum" in items:
        return Kind.CHOICES
    if _is_scalar(items):
        return Kind.LINES
    is_group = type_of(items) == "object" and items.get("properties") and depth < DEEPEST
    return Kind.ROWS if is_group and "anyOf" not in items else Kind.JSON


def _without_bytes(message: str, text: str) -> str:
    """Return why a text is no JSON, with the line and column instead of the byte."""
    found = re.search(r"\(byte (\d+)\)", message)
    if found is None:
        return "is not JSON"
    before = text.encode()[: int(found[1])].decode(errors="ignore")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    why = re.sub(r"^JSON is malformed: |\s*\(byte \d+\)", "", message)
    return f"is not JSON: {why}, line {line}, column {column}"
