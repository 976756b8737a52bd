"""Responses of an OpenAPI document, as outlines of what actions give back."""

from collections.abc import Iterator, Mapping
from typing import Final

from jackfield.connectors.openapi.document import LeftOut, OpenApi
from jackfield.connectors.openapi.schemas import Shape, alternatives, merged
from jackfield.connectors.schema.outline import EACH
from jackfield.kit.json import Json, mapping, text

_DEEPEST: Final = 4
# Told to models with every action: a few hundred words say enough.
_MOST_MEMBERS: Final = 150
_WORDS: Final = {"string", "integer", "number", "boolean"}


def success(api: OpenApi, operation: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the first response of an operation that tells of success; empty if there is none."""
    responses = mapping(operation, "responses")
    good = sorted(status for status in responses if status.startswith("2"))
    return api.follow(responses[good[0]]) if good else {}


def json_content(api: OpenApi, response: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return what a response says of its JSON: schema and examples."""
    content = mapping(response, "content")
    media = next((each for each in content if "json" in each or "*/*" in each), None)
    return api.follow(content[media]) if media else {}


def outline_of(api: OpenApi, schema: Json) -> Json:
    """Return the outline of data with this schema; `any` where nothing is said of it."""
    try:
        return _Outliner(api).outline(schema, 0)
    except LeftOut:
        return "any"


def members(api: OpenApi, schema: Json) -> dict[str, Shape]:
    """Return the members that an object has for sure, by name."""
    shapes = alternatives(api, merged(api, schema))
    if len(shapes) != 1:
        return {}
    return {name: merged(api, each) for name, each in mapping(shapes[0], "properties").items()}


def responses_by_status(
    api: OpenApi, operation: Mapping[str, Json]
) -> Iterator[tuple[str, Mapping[str, Json]]]:
    for status, entry in mapping(operation, "responses").items():
        yield status, api.follow(entry)


class _Outliner:
    """One outline, and the number of members it may still have."""

    def __init__(self, api: OpenApi) -> None:
        self._api = api
        self._left = _MOST_MEMBERS

    def outline(self, schema: Json, depth: int) -> Json:
        shapes = alternatives(self._api, merged(self._api, schema))
        outlines = [self._one(each, depth) for each in shapes]
        return outlines[0] if all(each == outlines[0] for each in outlines) else "any"

    def _one(self, schema: Shape, depth: int) -> Json:
        kind = text(schema, "type")
        properties = mapping(schema, "properties")
        if kind == "array" or (not kind and "items" in schema):
            known = "items" in schema and depth < _DEEPEST and self._left > 0
            rows = self.outline(schema["items"], depth + 1) if known else "any"
            return "list" if rows == "any" else [rows]
        if kind == "object" or properties:
            return self._object(schema, properties, depth)
        if kind == "string" and schema.get("format") == "date-time":
            return "datetime"
        return kind if kind in _WORDS else "any"

    def _object(self, schema: Shape, properties: Mapping[str, Json], depth: int) -> Json:
        if depth >= _DEEPEST or self._left < len(properties):
            return "object"
        self._left -= len(properties)
        shown = {
            name: self.outline(each, depth + 1)
            for name, each in properties.items()
            if merged(self._api, each).get("writeOnly") is not True
        }
        rest = schema.get("additionalProperties")
        if isinstance(rest, Mapping) and rest and EACH not in shown:
            self._left -= 1
            shown[EACH] = self.outline(rest, depth + 1)
        return shown or "object"
