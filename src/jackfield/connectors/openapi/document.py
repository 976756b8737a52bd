"""OpenAPI document with resolved inner references."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import unquote

from jackfield.kit.json import Json, mapping

_MOST_HOPS: Final = 20


@dataclass(frozen=True, slots=True)
class OpenApi:
    """`doubts` are what the author of the connector should look at, each told once."""

    root: Mapping[str, Json]
    doubts: dict[str, None] = field(default_factory=dict[str, None])

    def doubt(self, message: str) -> None:
        self.doubts[message] = None

    def follow(self, value: Json) -> Mapping[str, Json]:
        """Return a mapping of the document, or what its `$ref` leads to; empty if to nothing."""
        ref = None
        for _ in range(_MOST_HOPS):
            if not isinstance(value, Mapping):
                break
            found = cast("Mapping[str, Json]", value)
            if not isinstance(found.get("$ref"), str):
                return found
            ref = found["$ref"]
            value = self._look_up(ref)
        if ref is not None and value is not True:
            self.doubt(f"the reference {ref!r} leads to nothing here: what it says is left out")
        return {}

    def component(self, kind: str) -> Mapping[str, Json]:
        return mapping(mapping(self.root, "components"), kind)

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
