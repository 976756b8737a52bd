"""OpenAPI document with resolved inner references."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, cast
from urllib.parse import unquote

from jackfield.kit.json import Json, mapping

_MOST_HOPS: Final = 20
# What an operation has at most: those of published descriptions stay below a quarter of it.
_MOST_VALUES: Final = 50_000


class LeftOut(Exception):
    """The request cannot be made the way the document asks."""


@dataclass
class OpenApi:
    """
    One document.

    `paths` are those that are read, all of them unless some are chosen. `doubts` are what the
    author of the connector should look at, each told once.
    """

    root: Mapping[str, Json]
    paths: Mapping[str, Json] = field(default_factory=dict[str, Json])
    doubts: dict[str, None] = field(default_factory=dict[str, None])
    _values: int = 0

    def __post_init__(self) -> None:
        self.paths = self.paths or mapping(self.root, "paths")

    def doubt(self, message: str) -> None:
        self.doubts[message] = None

    def begin(self) -> None:
        """Begin an operation, which has a number of values of its own."""
        self._values = 0

    def count(self) -> None:
        """
        Count a value of the operation.

        Raises:
            LeftOut: there are too many, as where schemas hold each other many times.
        """
        self._values += 1
        if self._values > _MOST_VALUES:
            msg = f"its schemas unfold to more than {_MOST_VALUES:,} values"
            raise LeftOut(msg)

    def follow(self, value: Json) -> Mapping[str, Json]:
        """Return a mapping of the document, or what its `$ref` leads to; empty if to nothing."""
        ref = None
        for _ in range(_MOST_HOPS):
            if not isinstance(value, Mapping):
                break
            found = cast("Mapping[str, Json]", value)
            if not isinstance(found.get("$ref"), str):
                return found
            ref = cast("str", found["$ref"])
            value = self._look_up(ref)
        if ref is not None and value is not True:
            self.doubt(self._lost(ref, value))
        return {}

    def component(self, kind: str) -> Mapping[str, Json]:
        return mapping(mapping(self.root, "components"), kind)

    def _lost(self, ref: str, value: Json) -> str:
        if isinstance(value, Mapping):
            reason = "leads back to itself"
        elif ref.startswith("#"):
            reason = "leads to nothing here"
        else:
            reason = "leads out of the document, and nothing is fetched: put all into one file"
        return f"the reference {ref!r} at {self._places.get(ref, '#')} {reason}; what it says is left out"

    @cached_property
    def _places(self) -> dict[str, str]:
        """The pointer to the first place of each reference."""
        return {ref: f"#{place}" for place, ref in reversed([*_references(self.root)])}

    def _look_up(self, ref: str) -> Json:
        if not ref.startswith("#/"):
            return None
        value: Json = self.root
        for part in ref[2:].split("/"):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(value, list) and name.isdecimal():
                listed = cast("list[Json]", value)
                value = listed[int(name)] if int(name) < len(listed) else None
            else:
                value = (
                    cast("Mapping[str, Json]", value).get(name)
                    if isinstance(value, Mapping)
                    else None
                )
        return value


def pointer(*parts: str | int) -> str:
    """Return where a value stands, as a JSON pointer."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def _references(root: Json) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Json]] = [("", root)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, Mapping):
            found = cast("Mapping[str, Json]", value)
            ref = found.get("$ref")
            if isinstance(ref, str):
                yield place, ref
            waiting += reversed([(place + pointer(key), each) for key, each in found.items()])
        elif isinstance(value, list):
            listed = enumerate(cast("list[Json]", value))
            waiting += reversed([(place + pointer(key), each) for key, each in listed])
