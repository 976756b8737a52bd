"""Reading parts of a document: what is not of the expected type is as if it were not there.

The structure's check reports every wrong type, so whoever reads a document after or beside it need
not mind them.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from jackfield.kit.json import Json


def scope_names(value: Json) -> list[str]:
    """Read scopes the way authors write them: separated by blanks, or as a list."""
    if isinstance(value, str):
        return value.split()
    return [name for name in as_list(value) if isinstance(name, str)]


def as_list(value: Json) -> list[Json]:
    return cast("list[Json]", value) if isinstance(value, list) else []


def texts(owner: Mapping[str, Json], name: str) -> list[str]:
    """Return a list's texts; what else is in it was reported by the structure's check."""
    return [each if isinstance(each, str) else "" for each in as_list(owner.get(name))]


def items(owner: Mapping[str, Json], name: str) -> Iterator[Mapping[str, Json]]:
    """Yield the mappings of a list; what is none was reported by the structure's check."""
    for item in as_list(owner.get(name)):
        yield cast("Mapping[str, Json]", item) if isinstance(item, Mapping) else {}


def mapping(owner: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = owner.get(name)
    return cast("Mapping[str, Json]", value) if isinstance(value, Mapping) else {}


def text(owner: Mapping[str, Json], name: str) -> str:
    value = owner.get(name)
    return value if isinstance(value, str) else ""
