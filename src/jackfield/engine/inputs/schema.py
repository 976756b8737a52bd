"""JSON Schema of an action's inputs."""

from collections.abc import Mapping, Sequence
from typing import Final

from jackfield.engine.document_reader import take_objects
from jackfield.engine.errors import InvalidStep
from jackfield.engine.inputs.formats import FORMATS
from jackfield.kit.json import Json, is_list, is_object

_TYPES: Final[Mapping[str, dict[str, Json]]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "datetime_string": {"type": "string", "format": "date-time"},
    "object": {"type": "object"},
    "enum": {"type": "string"},
    "array": {"type": "array"},
}
_SCHEMA_FORMATS: Final = {"url": "uri", "datetime": "date-time"}
_CHOICES: Final[Mapping[str, Sequence[str]]] = {
    "employment_status": ("active", "inactive", "terminated", "pending", "leave"),
    "employment_type": ("full_time", "part_time", "contractor", "intern", "temporary"),
    "gender": ("male", "female", "non_binary", "other", "prefer_not_to_say"),
    "marital_status": ("single", "married", "divorced", "widowed", "domestic_partnership"),
}
_LIMITS: Final = {
    "minLength": "minLength",
    "maxLength": "maxLength",
    "min": "minimum",
    "max": "maximum",
    "maxProperties": "maxProperties",
}
_LIST_LIMITS: Final = ("minItems", "maxItems")
_DEEPEST: Final = 32


def object_schema(inputs: Json, path: str = "inputs", depth: int = 0) -> dict[str, Json]:
    """
    Return the schema of an object with these inputs as its properties.

    Raises:
        InvalidStep: an input is malformed.
    """
    if depth > _DEEPEST:
        msg = f"'{path}' is nested too deeply"
        raise InvalidStep(msg)
    properties: dict[str, Json] = {}
    required: list[str] = []
    for index, entry in enumerate(take_objects(inputs, path)):
        name = entry.get("name")
        if not isinstance(name, str):
            msg = f"The required field '{path}[{index}].name' is missing"
            raise InvalidStep(msg)
        properties[name] = value_schema(entry, f"{path}[{index}]", depth)
        if entry.get("required") is True:
            required.append(name)
    schema: dict[str, Json] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema


def value_schema(entry: Mapping[str, Json], path: str, depth: int = 0) -> dict[str, Json]:
    """Return the schema of one input's value, with its description and default."""
    schema = _one_of(entry, path, depth)
    if entry.get("array") is True:
        schema = {"type": "array", "items": schema}
        rules: dict[str, Json] = entry.get("rules") or {}
        schema.update({limit: rules[limit] for limit in _LIST_LIMITS if limit in rules})
    if entry.get("nullable") is True:
        schema = _or_null(schema)
    if entry.get("description"):
        schema["description"] = str(entry["description"])
    if "default" in entry:
        schema["default"] = entry["default"]
    return schema


def _or_null(schema: dict[str, Json]) -> dict[str, Json]:
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "enum" in schema:
        schema = {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else schema


def _one_of(entry: Mapping[str, Json], path: str, depth: int) -> dict[str, Json]:
    schema = _typed(entry, path, depth)
    variants = take_objects(entry.get("variants"), f"{path}.variants")
    if not variants:
        return schema
    others = [value_schema(variant, f"{path}.variants", depth + 1) for variant in variants]
    return {"anyOf": [schema, *others] if entry.get("type") else others}


def _typed(entry: Mapping[str, Json], path: str, depth: int) -> dict[str, Json]:
    kind = entry.get("type")
    if kind is None:
        schema: dict[str, Json] = {}
    elif kind in _TYPES:
        schema = dict(_TYPES[kind])
    else:
        msg = f"The field '{path}.type' has an invalid value: '{kind}'"
        raise InvalidStep(msg)
    if entry.get("properties"):
        schema |= object_schema(entry["properties"], f"{path}.properties", depth + 1)
    choices = _choices(entry.get("oneOf"), path)
    if choices is not None:
        schema["enum"] = choices
    return schema | _limits(entry.get("rules") or {})


def _choices(document: Json, path: str) -> list[str] | None:
    if document is None:
        return None
    if is_object(document) and is_list(document.get("values")):
        return list(document["values"])
    ref = document.get("ref") if is_object(document) else None
    if ref not in _CHOICES:
        msg = f"The field '{path}.oneOf' needs values, or a known ref"
        raise InvalidStep(msg)
    return list(_CHOICES[ref])


def _limits(rules: Mapping[str, Json]) -> dict[str, Json]:
    schema: dict[str, Json] = {
        keyword: rules[name] for name, keyword in _LIMITS.items() if name in rules
    }
    name = str(rules.get("format"))
    format_ = FORMATS.get(name)
    patterns = [p for p in (rules.get("pattern"), format_ and format_.pattern) if p]
    if format_ is not None:
        schema["format"] = _SCHEMA_FORMATS.get(name, name)
    if len(patterns) == 1:
        schema["pattern"] = patterns[0]
    elif patterns:
        schema["allOf"] = [{"pattern": pattern} for pattern in patterns]
    return schema
