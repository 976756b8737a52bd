"""Output schemas of actions, where their documents declare one."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.schema.outline import EACH, OUTLINE_TYPES
from jackfield.kit.json import Json, is_list, is_object, items, mapping, text

_TYPES: Final = {
    "string": "string",
    "datetime_string": "string",
    "number": "number",
    "boolean": "boolean",
}
# An enum is kept beside what the provider called it, which can be anything.
_ENUM: Final[Mapping[str, Json]] = {
    "type": ["object", "null"],
    "properties": {"value": {"type": ["string", "null"]}, "source_value": {}},
}
_MAPPING: Final = {"map_fields", "typecast"}
_CUSTOM: Final = "unified_custom_fields"
_CAST: Final = re.compile(r"(?:\{\{\s*)?(?:\$\.)?steps\.([\w-]+)\.output\.data(?:\s*\}\})?")


def output_schema(action: ActionInfo) -> dict[str, Json] | None:
    """
    Return the JSON Schema of an action's data, as far as it is known; `None` if nothing is.

    What the hub maps and casts is certain. Otherwise it is what the document tells of the
    provider's own shape: any value may be null, and others may stand beside them.
    """
    document = _document(action)
    certain = _mapped_schema(action, document)
    if certain is not None or "output" not in document:
        return certain
    return _outlined(document["output"])


def mapped_schema(action: ActionInfo) -> dict[str, Json] | None:
    """
    Return the JSON Schema that an action's data always fits: one record, or a list of them.

    Only for actions that map the provider's fields to declared ones, cast them and return exactly
    that; others have none. Fields that the provider leaves out are null. A single record where
    a list is usual, or the other way round, is returned as it is.
    """
    return _mapped_schema(action, _document(action))


def _document(action: ActionInfo) -> Mapping[str, Json]:
    return next(
        entry
        for entry in items(action.compilation.document, "actions")
        if entry.get("actionId") == action.name
    )


def _outlined(outline: Json) -> dict[str, Json]:
    if is_list(outline):
        return {"type": ["array", "null"], "items": _outlined(outline[0])}
    if is_object(outline):
        members = {name: _outlined(each) for name, each in outline.items() if name != EACH}
        rest = {"additionalProperties": _outlined(outline[EACH])} if EACH in outline else {}
        return {"type": ["object", "null"], "properties": members, **rest}
    kind = OUTLINE_TYPES[str(outline)]
    form = {"format": "date-time"} if outline == "datetime" else {}
    return {"type": [kind, "null"], **form} if kind else {}


def _mapped_schema(action: ActionInfo, document: Mapping[str, Json]) -> dict[str, Json] | None:
    fields = list(items(document, "fieldConfigs"))
    if not fields or not _gives_back_records(document):
        return None
    own = [field for field in fields if field.get("custom") is not True]
    custom = [field for field in fields if field.get("custom") is True]
    properties = _properties(own)
    if custom:
        shown = {"type": ["object", "null"], "properties": _properties(custom)}
        properties.setdefault(_CUSTOM, shown)
    if action.action_type == "list":
        record = {"type": "object", "properties": properties}
        return {"type": ["array", "object", "null"], "items": record}
    if action.action_type == "get":
        return {"type": ["object", "array", "null"], "properties": properties}
    return None


def _gives_back_records(document: Mapping[str, Json]) -> bool:
    """Tell whether an action's data is what its last cast of the declared fields makes."""
    steps = {
        text(step, "stepId"): mapping(step, "stepFunction") for step in items(document, "steps")
    }
    used = [each for each in steps.values() if text(each, "functionName") in _MAPPING]
    if {text(each, "functionName") for each in used} != _MAPPING:
        return False
    if any("fields" in mapping(each, "parameters") for each in used):
        return False
    if "result" not in document:
        return text(list(steps.values())[-1], "functionName") == "typecast"
    named = _CAST.fullmatch(text(mapping(document, "result"), "data").strip())
    return named is not None and text(steps.get(named[1], {}), "functionName") == "typecast"


def _properties(fields: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    keys = Counter(text(field, "targetFieldKey") for field in fields)
    return {
        key: _field(field, is_alone=keys[key] == 1)
        for field in fields
        if (key := text(field, "targetFieldKey"))
    }


def _field(field: Mapping[str, Json], *, is_alone: bool) -> dict[str, Json]:
    kind = text(field, "type")
    shown: dict[str, Json] = {}
    if kind == "enum" and is_alone:
        shown |= _ENUM
    elif kind in _TYPES and is_alone and field.get("array") is not True:
        shown["type"] = [_TYPES[kind], "null"]
    if description := text(field, "description"):
        shown["description"] = description
    return shown
