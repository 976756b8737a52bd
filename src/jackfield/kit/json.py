"""JSON in and out, with the hub's own types in it.

The one place that touches the codec: everything else asks for a type and gets it, or a
`ValidationError` that names the place and never the value.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

import msgspec

from jackfield.kit.ids import Id

Json: TypeAlias = Any
ValidationError = msgspec.ValidationError
DecodeError = msgspec.DecodeError
T = TypeVar("T")


def decode(data: bytes | str, type_: type[T]) -> T:
    """
    Read JSON as a `type_`.

    Raises:
        DecodeError: not JSON, or (as its subclass `ValidationError`) not a `type_`.
    """
    return msgspec.json.decode(data, type=type_, dec_hook=_parse)


def parse(data: bytes | str) -> Json:
    """
    Read JSON as plain values.

    Raises:
        DecodeError: it is not JSON.
    """
    return msgspec.json.decode(data)


def encode(value: object) -> bytes:
    return msgspec.json.encode(value, enc_hook=_plain)


def convert(value: Mapping[str, object], type_: type[T]) -> T:
    """Build a `type_` from plain values, such as a database row's."""
    return msgspec.convert(value, type_, strict=False, dec_hook=_parse)


def schema(*types: Any) -> tuple[tuple[Json, ...], dict[str, Json]]:
    """Return a JSON Schema for each of `types`, and the definitions they share."""
    return msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}", schema_hook=_describe
    )


def _parse(type_: type, value: object) -> object:
    if issubclass(type_, Id) and isinstance(value, str):
        return type_.parse(value)
    raise NotImplementedError


def _plain(value: object) -> object:
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError


def _describe(type_: type) -> Json:
    if issubclass(type_, Id):
        return {"type": "string", "pattern": f"^{type_.prefix}_[0-9A-Z]{{26}}$"}
    raise NotImplementedError
