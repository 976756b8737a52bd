"""Output schemas of actions, where their documents declare one."""

from collections.abc import Mapping
from typing import Final

from jackfield.connectors.action import ActionInfo
from jackfield.kit.json import Json, items, mapping, text

_TYPES: Final = {
    "string": "string",
    "enum": "string",
    "datetime_string": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
}


def output_schema(action: ActionInfo) -> dict[str, Json] | None:
    """
    Return the JSON Schema of an action's data: one record, or a list of them.

    Only for actions that map the provider's fields to declared ones and cast them; others have no
    schema. Fields that the provider leaves out are null.
    """
    document = next(
        entry
        for entry in items(action.compilation.document, "actions")
        if entry.get("actionId") == action.name
    )
    fields = list(items(document, "fieldConfigs"))
    functions = {
        text(mapping(step, "stepFunction"), "functionName") for step in items(document, "steps")
    }
    if not fields or not {"map_fields", "typecast"} <= functions:
        return None
    record = {
        "type": "object",
        "properties": {text(field, "targetFieldKey"): _field(field) for field in fields},
    }
    if action.action_type == "list":
        return {"type": "array", "items": record}
    return record if action.action_type == "get" else None


def _field(field: Mapping[str, Json]) -> dict[str, Json]:
    kind = _TYPES.get(text(field, "type"))
    shown: dict[str, Json] = {}
    if kind and field.get("array") is not True:
        shown["type"] = [kind, "null"]
    if description := text(field, "description"):
        shown["description"] = description
    return shown
