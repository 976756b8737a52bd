"""OpenAPI document with resolved inner references."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import unquote

from jackfield.kit.json import Json, mapping

_MOST_HOPS: Final = 20


@dataclass(frozen=True, slots=True)
class OpenApi:
    root: Mapping[str, Json]

    def follow(self, value: Json) -> Mapping[str, Json]:
        """Return a mapping of the document, or what its `$ref` leads to; empty if to nothing."""
        for _ in range(_MOST_HOPS):
            if not isinstance(value, Mapping):
                return {}
            found = cast("Mapping[str, Json]", value)
            if not isinstance(found.get("$ref"), str):
                return found
            value = self._look_up(found["$ref"])
        return {}

    def component(self, kind: str) -> Mapping[str, Json]:
        return mapping(mapping(self.root, "components"), kind)

    def _look_up(self, ref: str) -> Json:
        if not ref.startswith("#/"):
            return None
        value: Json = self.root
        for part in ref[2:].split("/"):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            value = (
                cast("Mapping[str, Json]", value).get(name) if isinstance(value, Mapping) else None
            )
        return value
