"""
Schemas of an OpenAPI document, converted to action inputs.

What the connector format cannot say is left open, never made narrower: the provider refuses what is
wrong, but a value that is refused here can never be sent.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias, cast

from jackfield.connectors import patterns
from jackfield.connectors.openapi.document import OpenApi
from jackfield.engine.inputs.validation import is_pattern
from jackfield.kit.json import Json, as_list, encode, mapping, text

Shape: TypeAlias = dict[str, Json]

_DEEPEST: Final = 5
_MOST_VARIANTS: Final = 24
_FORMATS: Final = {"email": "email", "uri": "uri", "url": "url", "uuid": "uuid", "date": "date"}
_LIMITS: Final[Mapping[str, Mapping[str, str]]] = {
    "string": {"minLength": "minLength", "maxLength": "maxLength"},
    "number": {"minimum": "min", "maximum": "max"},
    "integer": {"minimum": "min", "maximum": "max"},
    "array": {"minItems": "minItems", "maxItems": "maxItems"},
    "object": {"maxProperties": "maxProperties"},
}
_KINDS: Final = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
}
_BINARY: Final = frozenset({"binary", "byte"})


def to_input(
    api: OpenApi, name: str, schema: Json, *, required: bool, description: str = "", depth: int = 0
) -> dict[str, Json]:
    """Return an input for a value with this schema."""
    followed = merged(api, schema)
    made: dict[str, Json] = {"name": name, **to_shape(api, followed, depth)}
    if required:
        made["required"] = True
    if _is_nullable(api, followed):
        made["nullable"] = True
    said = one_line(
        description
        or text(followed, "description")
        or text(merged(api, followed.get("items")), "description")
    )
    if "default" in followed:
        # Told and not declared: a declared default is sent where the input is left out, and
        # what a change leaves out is to stay as it is.
        said = f"{said} Default: {encode(followed['default']).decode()}.".lstrip()
    if said:
        made["description"] = said
    return made


def to_inputs(api: OpenApi, schema: Json, *, depth: int = 0) -> list[dict[str, Json]]:
    """Return an input for each property of an object's schema."""
    followed = merged(api, schema)
    required = as_list(followed.get("required"))
    return [
        to_input(api, name, inner, required=name in required, depth=depth)
        for name, inner in mapping(followed, "properties").items()
        if merged(api, inner).get("readOnly") is not True
    ]


def to_shape(api: OpenApi, schema: Json, depth: int = 0) -> Shape:
    """Return what an input says of its value; nothing where every value will do."""
    shapes: list[Shape] = []
    for each in alternatives(api, merged(api, schema)):
        shape = _simple(api, each, depth)
        if not shape:
            return {}
        if shape not in shapes:
            shapes.append(shape)
    if len(shapes) < 2:  # noqa: PLR2004 - a choice
        return shapes[0] if shapes else {}
    # A text comes first: what a path or query carries is taken for the first type it can be.
    shapes.sort(key=lambda shape: shape.get("type") not in ("string", "enum"))
    variants = [_without_variants(shape) for shape in shapes]
    if "type" in shapes[0] and "array" not in shapes[0]:
        return {**variants[0], "variants": variants[1:]}
    return {"variants": variants}


def alternatives(api: OpenApi, schema: Mapping[str, Json], hops: int = 0) -> list[Shape]:
    """Return the schemas a value may have, each without a choice; null is none of them."""
    for word in ("oneOf", "anyOf"):
        if parts := as_list(schema.get(word)):
            rest = {name: value for name, value in schema.items() if name != word}
            found = [
                each
                for part in parts
                if hops < _DEEPEST and not _is_null(inner := merged(api, part))
                for each in alternatives(api, _joined(inner, rest), hops + 1)
            ]
            return found if 0 < len(found) <= _MOST_VARIANTS else [{}]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [
            {**schema, "type": kind} for kind in cast("list[Json]", kinds) if kind != "null"
        ] or [{}]
    return [dict(schema)]


def merged(api: OpenApi, schema: Json, hops: int = 0) -> Shape:
    """Follow a schema, and join the parts of `allOf`."""
    api.count()
    followed = dict(api.follow(schema))
    if isinstance(schema, Mapping) and "$ref" in schema:
        beside = cast("Mapping[str, Json]", schema)
        followed |= {name: value for name, value in beside.items() if name != "$ref"}
    for part in as_list(followed.pop("allOf", None)):
        if hops <= _DEEPEST:
            followed = _joined(followed, merged(api, part, hops + 1))
    return followed


def is_binary(schema: Mapping[str, Json]) -> bool:
    """Say whether a value is a file's content."""
    return schema.get("format") in _BINARY or "contentMediaType" in schema


def one_line(said: str) -> str:
    return " ".join(said.split())


def _joined(schema: Mapping[str, Json], part: Mapping[str, Json]) -> Shape:
    """Return the schema of what fits both."""
    made = {**part, **schema}
    if "enum" in schema and "enum" in part:
        made["enum"] = [each for each in as_list(part["enum"]) if each in as_list(schema["enum"])]
    properties = dict(mapping(schema, "properties"))
    for name, inner in mapping(part, "properties").items():
        held = properties.get(name, inner)
        properties[name] = inner if held == inner else {"allOf": [held, inner]}
    required = [*as_list(schema.get("required")), *as_list(part.get("required"))]
    return (
        made
        | ({"properties": properties} if properties else {})
        | ({"required": required} if required else {})
    )


def _simple(api: OpenApi, schema: Mapping[str, Json], depth: int) -> Shape:
    kind = _kind(schema)
    if kind == "array":
        return _list(api, schema, depth)
    made: Shape = {} if kind is None else {"type": kind}
    if values := _values(schema, kind):
        made["oneOf"] = {"values": values}
        return made | ({"type": "enum"} if kind == "string" else {})
    if kind == "string" and schema.get("format") == "date-time":
        made["type"] = "datetime_string"
    if kind is not None and (rules := _rules(api, schema, kind)):
        made["rules"] = rules
    if kind == "object" and depth < _DEEPEST:
        properties = to_inputs(api, schema, depth=depth + 1)
        if properties:
            made["properties"] = properties
    return made


def _list(api: OpenApi, schema: Mapping[str, Json], depth: int) -> Shape:
    item = to_shape(api, schema.get("items"), depth + 1) if depth < _DEEPEST else {}
    if "array" in item:
        item = {"variants": [_without_variants(item)]}
    rules = {**mapping(item, "rules"), **_rules(api, schema, "array")}
    return {**item, "array": True} | ({"rules": rules} if rules else {})


def _without_variants(shape: Shape) -> Shape:
    """Return a shape that may stand in `variants`, where there is no further choice."""
    return {"array": True} if "variants" in shape else shape


def _is_nullable(api: OpenApi, schema: Mapping[str, Json]) -> bool:
    """Say whether null is a value of its own, as in each of the ways that documents write it."""
    kinds = schema.get("type")
    return (
        schema.get("nullable") is True
        or (isinstance(kinds, list) and "null" in kinds)
        or any(
            _is_null(merged(api, part))
            for word in ("oneOf", "anyOf")
            for part in as_list(schema.get(word))
        )
    )


def _is_null(schema: Mapping[str, Json]) -> bool:
    return schema.get("type") == "null" or schema.get("enum") == [None]


def _kind(schema: Mapping[str, Json]) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, str):
        return kind if kind in _KINDS else None
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    values = as_list(schema.get("enum"))
    return "string" if values and all(isinstance(each, str) for each in values) else None


def _values(schema: Mapping[str, Json], kind: str | None) -> list[Json]:
    """Return the values of an enumeration that are of the schema's type, each once."""
    listed: list[Json] = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    if kind == "string":
        # A number is a text whose author forgot the quotes.
        listed = [str(each) if type(each) in (int, float) else each for each in listed]
    return list({encode(each): each for each in listed if _fits(each, kind)}.values())


def _fits(value: Json, kind: str | None) -> bool:
    return value is not None and (kind is None or isinstance(value, _KINDS[kind]))


def _rules(api: OpenApi, schema: Mapping[str, Json], kind: str) -> dict[str, Json]:
    rules: dict[str, Json] = {}
    for theirs, ours in _LIMITS.get(kind, {}).items():
        limit = schema.get(theirs)
        if isinstance(limit, int | float) and not isinstance(limit, bool):
            rules[ours] = limit if ours in ("min", "max") else int(limit)
    if kind == "string":
        pattern = schema.get("pattern")
        if isinstance(pattern, str):
            if patterns.fault(pattern) is None and is_pattern(pattern):
                rules["pattern"] = pattern
            else:
                api.doubt(f"the pattern {pattern!r} is left out: a connector cannot have it")
        if named := _FORMATS.get(str(schema.get("format"))):
            rules["format"] = named
    return rules
