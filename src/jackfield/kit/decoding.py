"""Faults of values that could not be decoded."""

import re
from difflib import get_close_matches
from typing import Final

from msgspec import ValidationError, inspect

from jackfield.kit.errors import Fault

_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)


def fault_of(error: ValidationError, type_: object = None) -> Fault:
    """
    Return the path that a validation error names and what was expected; never the value.

    With the type that was expected, the closest name is suggested for an unknown field.
    """
    message, _, path = str(error).partition(" - at `")
    path = path.rstrip("`").removeprefix("$").removeprefix(".")
    unknown = _UNKNOWN.fullmatch(message)
    if unknown is None or type_ is None:
        return Fault(path, message)
    near = get_close_matches(unknown[1], _field_names(type_, path), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return Fault(path, f"{message}{hint}")


def as_sentence(fault: Fault, path: str) -> str:
    return f"{path}: {fault.message[:1].lower()}{fault.message[1:]}"


def _field_names(type_: object, path: str) -> list[str]:
    """Return the fields of the object at a path that leads through objects alone."""
    structs = _structs(inspect.type_info(type_))
    for name in path.split(".") if path else ():
        inner = [
            field.type for each in structs for field in each.fields if field.encode_name == name
        ]
        structs = [struct for each in inner for struct in _structs(each)]
    return [field.encode_name for each in structs for field in each.fields]


def _structs(info: inspect.Type) -> list[inspect.StructType]:
    match info:
        case inspect.StructType():
            return [info]
        case inspect.UnionType(types):
            return [struct for each in types for struct in _structs(each)]
        case inspect.Metadata(inner):
            return _structs(inner)
        case _:
            return []
