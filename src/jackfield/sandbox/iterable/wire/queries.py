"""Query strings, read into structs."""

from functools import cache
from typing import Any, Final, TypeVar, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from jackfield.sandbox.iterable.refusals import Refusal, bad_params

T = TypeVar("T")
# The service is written in Scala, and names its types.
_KINDS: Final = {"int": "Long", "bool": "Boolean", "float": "Double"}


def read_query(text: str, type_: type[T]) -> T:
    """
    Read a query string as a `type_`; a field that is a tuple takes every value given for it.

    Raises:
        Refusal: a parameter is missing or malformed.
    """
    kinds = _fields(type_)
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        given.setdefault(name, []).append(value)
    values = {
        name: given[name] if repeated else given[name][0]
        for name, repeated in kinds.items()
        if name in given
    }
    try:
        return msgspec.convert(values, type_, strict=False)
    except msgspec.ValidationError as error:
        raise _refused(str(error)) from error


@cache
def _fields(type_: Any) -> dict[str, bool]:
    """Return the parameters of a query struct, and whether each may be repeated."""
    hints = get_type_hints(type_)
    return {
        field.encode_name: get_origin(hints[field.name]) is tuple
        for field in msgspec.structs.fields(type_)
    }


def _refused(fault: str) -> Refusal:
    if fault.startswith("Object missing required field"):
        return bad_params(f"Missing parameter: {fault.split('`')[1]}")
    expected, _, place = fault.partition(" - at `$.")
    name = place.rstrip("`").partition("[")[0] or "query"
    kind = next(
        (kind for word, kind in _KINDS.items() if f"`{word}" in expected), "one of its values"
    )
    return bad_params(f"Cannot parse parameter {name} as {kind}")
