"""What kind of JSON a value is, said so that the type checker understands."""

from typing import TypeGuard

from jackfield.kit.json import Json


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)


def as_object(value: Json) -> dict[str, Json]:
    """Return `value` if it is an object, else an empty one."""
    return value if is_object(value) else {}


def as_list(value: Json) -> list[Json]:
    """Return `value` if it is a list, else an empty one."""
    return value if is_list(value) else []
