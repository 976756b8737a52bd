"""JSON Schema of the connector format, for editors."""

from typing import Final

from jackfield.connectors.schema.document import DOCUMENT
from jackfield.engine.schema.kinds import Definitions
from jackfield.kit.json import Json

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REF: Final[Json] = {
    "type": "string",
    "description": "The name of a partial whose text stands here, such as `acme.users`.",
}
_INCLUSION: Final[Json] = {
    "type": "object",
    "properties": {"$ref": _REF},
    "required": ["$ref"],
    "additionalProperties": False,
}


def connector_schema() -> Json:
    """Return the schema of a main file; partials stand in it as `$ref`."""
    definitions: Definitions = {}
    DOCUMENT.schema(definitions)
    root = definitions.pop("Connector")
    methods = root["properties"]["authentication"]
    methods["items"] = {"anyOf": [methods["items"], _INCLUSION]}
    actions = root["properties"]["actions"]
    root["properties"]["actions"] = {
        "anyOf": [
            {"type": "array", "items": {"anyOf": [actions["items"], _INCLUSION]}},
            _INCLUSION,
        ],
        "description": actions["description"],
    }
    root["properties"]["$ref"] = _REF
    root["required"].remove("actions")
    root["anyOf"] = [{"required": ["actions"]}, {"required": ["$ref"]}]
    return {
        "$schema": _DIALECT,
        "title": "Connector",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def partial_schema() -> Json:
    """Return the schema of a partial: a list of actions or auth methods, or a mapping of actions."""
    definitions: Definitions = {}
    DOCUMENT.schema(definitions)
    methods = definitions.pop("Connector")["properties"]["authentication"]
    actions = {"type": "array", "items": {"$ref": "#/$defs/Action"}}
    return {
        "$schema": _DIALECT,
        "title": "Partial of a connector",
        "anyOf": [actions, {"type": "object", "properties": {"actions": actions}}, methods],
        "$defs": dict(sorted(definitions.items())),
    }
