"""
Parameter styles of tools: nested by location, prefixed with the location, or flat.

The three agree with what clients of the platform ask for by `param-style`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from jackfield.connectors.action import ActionInfo
from jackfield.engine.action import CompiledAction
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.errors import Fault, HubError
from jackfield.kit.json import Json

LOCATIONS: Final = ("path", "query", "headers", "body")
ACCOUNT: Final = "account_id"


class ParamStyle(StrEnum):
    NESTED = "nested"
    FLAT_PREFIXED = "flat_prefixed"
    FLAT_SMART = "flat_smart"


def input_schema(action: CompiledAction, style: ParamStyle) -> dict[str, Json]:
    """Return the JSON Schema of the arguments of an action's tool."""
    schema, locations = action.schema, action.locations
    properties: Mapping[str, Json] = schema["properties"]
    required: list[str] = schema.get("required", [])
    if style is ParamStyle.NESTED:
        return _nested(properties, required, locations)
    names = _names(properties, locations, style)
    return _object(
        {names[name]: value for name, value in properties.items()}, [names[n] for n in required]
    )


def find_schema(action: ActionInfo, style: ParamStyle) -> dict[str, Json] | None:
    """Return the schema of an action's tool, if the action can be compiled."""
    try:
        return input_schema(action.compiled, style)
    except HubError:
        # The catalog's findings report the error.
        return None


def arguments_by_location(
    action: CompiledAction, arguments: Mapping[str, Json], style: ParamStyle
) -> dict[str, dict[str, Json]]:
    """
    Return a tool's arguments by location and name.

    The style's own names come first. Plain names and objects by location are accepted in every
    style, because models mix them up.

    Raises:
        InvalidInputs: the value of a location is not an object.
    """
    locations = action.locations
    located: dict[str, dict[str, Json]] = {location: {} for location in LOCATIONS}
    names = (
        {} if style is ParamStyle.NESTED else _names(action.schema["properties"], locations, style)
    )
    input_names = {argument: name for name, argument in names.items()}
    for argument, value in arguments.items():
        name = input_names.get(argument, argument)
        if name in locations:
            located[locations[name]][name] = value
        elif argument in LOCATIONS:
            located[argument] |= _parse_object(argument, value)
        else:
            location, _, rest = argument.partition("_")
            is_prefixed = location in LOCATIONS and (
                rest in locations or rest in ("next", "page_size", "cursor")
            )
            located[location if is_prefixed else "body"][rest if is_prefixed else argument] = value
    return located


def _nested(
    properties: Mapping[str, Json], required: list[str], locations: Mapping[str, str]
) -> dict[str, Json]:
    groups: dict[str, Json] = {}
    for location in LOCATIONS:
        inside = {n: value for n, value in properties.items() if locations[n] == location}
        if inside:
            groups[location] = _object(inside, [name for name in required if name in inside])
    return _object(groups, [location for location, group in groups.items() if "required" in group])


def _names(
    properties: Mapping[str, Json], locations: Mapping[str, str], style: ParamStyle
) -> dict[str, str]:
    """Return the argument's name for each input; in `FLAT_SMART` only ambiguous ones get a prefix."""
    always = style is ParamStyle.FLAT_PREFIXED
    return {
        name: f"{locations[name]}_{name}" if always or name in (*LOCATIONS, ACCOUNT) else name
        for name in properties
    }


def _object(properties: Mapping[str, Json], required: list[str]) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


def _parse_object(location: str, value: Json) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        # Models often send an object as a JSON string.
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            value = None
    if not isinstance(value, dict):
        msg = f"{location} must be an object"
        raise InvalidInputs(msg, faults=[Fault(location, "must be an object")])
    return value  # pyright: ignore[reportUnknownVariableType]
