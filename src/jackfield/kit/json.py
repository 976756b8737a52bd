"""
JSON encoding and decoding with the hub's own types.

The one place that touches the codec: everything else asks for a type and gets it, or a
`ValidationError` that names the place and never the value.
"""

import re
from array import array
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any, Final, TypeAlias, TypeGuard, TypeVar

import msgspec

from jackfield.kit.ids import Id

Json: TypeAlias = Any
ValidationError = msgspec.ValidationError
DecodeError = msgspec.DecodeError
T = TypeVar("T")

MOST_LEVELS: Final = 100
_NOT_TEXT: Final = "JSON is not UTF-8"
_HALVES: Final = re.compile("[\ud800-\udfff]")
_INNERMOST: Final = 6
# One down and one up, as signed bytes.
_PAIR: Final = b"\x01\xff"
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def decode(data: bytes | str, type_: type[T]) -> T:
    """
    Decode JSON as a `type_`.

    Raises:
        DecodeError: not JSON in UTF-8, or (as its subclass `ValidationError`) not a `type_`.
    """
    try:
        return msgspec.json.decode(data, type=type_, dec_hook=_parse)
    except UnicodeError:
        raise DecodeError(_NOT_TEXT) from None


def parse(data: bytes | str) -> Json:
    """
    Decode JSON as plain values.

    Raises:
        DecodeError: it is not JSON in UTF-8, or nested too deep to be read.
    """
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        msg = "JSON is nested too deep"
        raise DecodeError(msg) from None
    except UnicodeError:
        raise DecodeError(_NOT_TEXT) from None


def is_deep(content: bytes) -> bool:
    """
    Return whether valid JSON is nested deeper than `MOST_LEVELS`: too deep to be walked.

    Whole passes instead of a walk, so that a large body takes milliseconds: strings are removed
    first, then everything but brackets, then the innermost levels, which are most of them.
    """
    if content.count(b"[") + content.count(b"{") <= MOST_LEVELS:
        return False
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(unescaped.split(b'"')[::2]).translate(_STEPS, _NO_BRACKETS)
    for _ in range(_INNERMOST):
        brackets = brackets.replace(_PAIR, b"")
    return max(accumulate(array("b", brackets)), default=0) > MOST_LEVELS - _INNERMOST


def encode(value: object) -> bytes:
    try:
        return msgspec.json.encode(value, enc_hook=_plain)
    except UnicodeEncodeError:
        return msgspec.json.encode(whole_characters(msgspec.to_builtins(value, enc_hook=_plain)))


def indented(content: bytes | str) -> str:
    """Return JSON as people read it."""
    text = content.encode() if isinstance(content, str) else content
    return msgspec.json.format(text, indent=2).decode()


def whole_characters(value: Json) -> Json:
    """Return `value` with U+FFFD for each half of a surrogate pair, which no UTF-8 can hold."""
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value)
    if is_object(value):
        return {whole_characters(key): whole_characters(inner) for key, inner in value.items()}
    return [whole_characters(inner) for inner in value] if is_list(value) else value


def convert(value: Mapping[str, object], type_: type[T]) -> T:
    """Build a `type_` from plain values, such as a database row's."""
    return msgspec.convert(value, type_, strict=False, dec_hook=_parse)


def convert_decoded(value: Json, type_: type[T]) -> T:
    """
    Read plain values, as JSON that was decoded before, as a `type_`.

    Raises:
        ValidationError: they are no `type_`.
    """
    return msgspec.convert(value, type_, dec_hook=_parse)


def schema(*types: Any) -> tuple[tuple[Json, ...], dict[str, Json]]:
    """Return a JSON Schema for each of `types`, and the definitions they share."""
    return msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}", schema_hook=_describe
    )


def schema_of(type_: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON Schema of a struct that names no other; an `object` is any JSON object."""

    def describe(kind: type) -> Json:
        return {"type": "object"} if kind is object else _describe(kind)

    (shape,), components = msgspec.json.schema_components([type_], schema_hook=describe)
    return components.get(type_.__name__, shape)


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict)


def members_of(value: msgspec.Struct) -> dict[str, Json]:
    """Return the members of a struct as they are written, without going into them."""
    omits = value.__struct_config__.omit_defaults
    members: dict[str, Json] = {}
    for each in msgspec.structs.fields(value):
        inner: Json = getattr(value, each.name)
        if inner is not msgspec.UNSET and not (omits and inner == each.default):
            members[each.encode_name] = list(inner) if isinstance(inner, tuple) else inner  # pyright: ignore[reportUnknownArgumentType] - JSON
    return members


def is_list(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)


def as_object(value: Json) -> dict[str, Json]:
    """Return `value` if it is an object, else an empty one."""
    return value if is_object(value) else {}


def as_list(value: Json) -> list[Json]:
    """Return `value` if it is a list, else an empty one."""
    return value if is_list(value) else []


def mapping(owner: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """Return the object at `name`, or an empty one."""
    return as_object(owner.get(name))


def items(owner: Mapping[str, Json], name: str) -> Iterator[Mapping[str, Json]]:
    """Yield the objects of the list at `name`; an empty one for what is none."""
    return map(as_object, as_list(owner.get(name)))


def text(owner: Mapping[str, Json], name: str) -> str:
    """Return the text at `name`, or an empty one."""
    value = owner.get(name)
    return value if isinstance(value, str) else ""


def texts(owner: Mapping[str, Json], name: str) -> list[str]:
    """Return the texts of the list at `name`; an empty one for what is none."""
    return [each if isinstance(each, str) else "" for each in as_list(owner.get(name))]


def words(value: Json) -> list[str]:
    """Return the words of a text, or the texts of a list: both ways to write a set of names."""
    if isinstance(value, str):
        return value.split()
    return [name for name in as_list(value) if isinstance(name, str)]


def _parse(type_: type, value: object) -> object:
    if issubclass(type_, Id) and isinstance(value, str):
        return type_.parse(value)
    raise NotImplementedError


def _plain(value: object) -> object:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, msgspec.Raw):
        # Beside half a character, for which all is written anew.
        return parse(bytes(value))
    raise NotImplementedError


def _describe(type_: type) -> Json:
    if issubclass(type_, Id):
        return {"type": "string", "pattern": f"^{type_.prefix}_[0-9A-Z]{{26}}$"}
    raise NotImplementedError
