"""Schemas of an OpenAPI document, converted to action inputs."""

from collections.abc import Mapping
from typing import Final, cast

from jackfield.connectors.openapi.document import OpenApi
from jackfield.kit.json import Json, mapping, text

_DEEPEST: Final = 4
_FORMATS: Final = {"email": "email", "uri": "uri", "url": "url", "uuid": "uuid", "date": "date"}
_LIMITS: Final = {
    "minLength": "minLength",
    "maxLength": "maxLength",
    "minimum": "min",
    "maximum": "max",
    "pattern": "pattern",
}
_SIMPLE: Final = frozenset({"string", "number", "integer", "boolean"})


def to_input(
    api: OpenApi, name: str, schema: Json, *, required: bool, description: str = "", depth: int = 0
) -> dict[str, Json]:
    """Return an input for a value with this schema; what it cannot say becomes a free object."""
    followed = merged(api, schema)
    is_list = _type(followed) == "array"
    item = merged(api, followed.get("items")) if is_list else followed
    made: dict[str, Json] = {"name": name, "type": _input_type(item)}
    if is_list:
        made["array"] = True
    if required:
        made["required"] = True
    if said := one_line(description or text(followed, "description") or text(item, "description")):
        made["description"] = said
    default = followed.get("default")
    if isinstance(default, str | int | float | bool) and not is_list:
        made["default"] = default
    if made["type"] == "enum":
        made["oneOf"] = {"values": [str(value) for value in item["enum"]]}
    if rules := _rules(item) | (_list_rules(followed) if is_list else {}):
        made["rules"] = rules
    if made["type"] == "object" and depth < _DEEPEST:
        properties = to_inputs(api, item, depth=depth + 1)
        if properties:
            made["properties"] = properties
    return made


def to_inputs(api: OpenApi, schema: Json, *, depth: int = 0) -> list[dict[str, Json]]:
    """Return an input for each property of an object's schema."""
    followed = merged(api, schema)
    required = followed.get("required")
    names = cast("list[str]", required) if isinstance(required, list) else []
    return [
        to_input(api, name, inner, required=name in names, depth=depth)
        for name, inner in mapping(followed, "properties").items()
        if not api.follow(inner).get("readOnly")
    ]


def merged(api: OpenApi, schema: Json, hops: int = 0) -> dict[str, Json]:
    """Follow a schema, and join the parts of `allOf`."""
    followed = dict(api.follow(schema))
    parts = followed.pop("allOf", None)
    if not isinstance(parts, list) or hops > _DEEPEST:
        return followed
    properties = dict(mapping(followed, "properties"))
    required = list(followed.get("required") or [])
    for part in cast("list[Json]", parts):
        inner = merged(api, part, hops + 1)
        properties |= mapping(inner, "properties")
        required += inner.get("required") or []
        followed = {**inner, **followed}
    return {**followed, "properties": properties, "required": required}


def one_line(said: str) -> str:
    return " ".join(said.split())


def _type(schema: Mapping[str, Json]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        named = [each for each in cast("list[Json]", kind) if each != "null"]
        kind = named[0] if len(named) == 1 else None
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema or "enum" not in schema else "string"


def _input_type(schema: Mapping[str, Json]) -> str:
    kind = _type(schema)
    values = schema.get("enum")
    if kind == "string" and isinstance(values, list) and values and None not in values:
        return "enum"
    if kind == "string" and schema.get("format") == "date-time":
        return "datetime_string"
    return kind if kind in _SIMPLE else "object"


def _rules(schema: Mapping[str, Json]) -> dict[str, Json]:
    rules = {
        ours: schema[theirs]
        for theirs, ours in _LIMITS.items()
        if isinstance(schema.get(theirs), int | float | str)
    }
    named = _FORMATS.get(str(schema.get("format")))
    return rules | ({"format": named} if named else {})


def _list_rules(schema: Mapping[str, Json]) -> dict[str, Json]:
    return {name: schema[name] for name in ("minItems", "maxItems") if name in schema}
