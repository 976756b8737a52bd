"""Strict readers of a connector document's parts: expected keys and types."""

from collections.abc import Collection, Mapping
from typing import Final

from jackfield.engine.errors import InvalidStep, invalid_value, missing_field, unknown_field
from jackfield.kit.json import Json

_KINDS: Final[Mapping[type, str]] = {dict: "an object", list: "a list", str: "a text"}


def require_known(content: Mapping[str, Json], known: Collection[str], path: str = "") -> None:
    """
    Refuse unknown keys.

    Raises:
        InvalidStep: there is an unknown key.
    """
    for key in content:
        if key not in known:
            raise unknown_field(f"{path}.{key}" if path else str(key), known)


def take_object(value: Json, path: str) -> dict[str, Json]:
    return _take(value, dict, path)


def take_objects(value: Json, path: str) -> list[dict[str, Json]]:
    """Return a list of objects; an absent one is empty."""
    items: list[Json] = [] if value is None else _take(value, list, path)
    return [take_object(item, f"{path}[{index}]") for index, item in enumerate(items)]


def take_text(content: Mapping[str, Json], key: str, path: str = "") -> str:
    full = f"{path}.{key}" if path else key
    if key not in content or content[key] is None:
        raise missing_field(path=full)
    return _take(content[key], str, full)


def take_choice(content: Mapping[str, Json], key: str, allowed: Collection[str], path: str) -> str:
    value = content.get(key, "undefined")
    if not isinstance(value, str) or value not in allowed:
        raise invalid_value(path=path, value=value, allowed=allowed)
    return value


def _take(value: Json, kind: type, path: str) -> Json:
    if not isinstance(value, kind):
        msg = f"The field '{path}' must be {_KINDS[kind]}"
        raise InvalidStep(msg)
    return value
