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

PLACES: Final = ("path", "query", "headers", "body")
ACCOUNT: Final = "account_id"


class ParamStyle(StrEnum):
    NESTED = "nested"
    FLAT_PREFIXED = "flat_prefixed"
    FLAT_SMART = "flat_smart"


def input_schema(action: CompiledAction, style: ParamStyle) -> dict[str, Json]:
    """Return the JSON Schema of the arguments of an action's tool."""
    schema, places = action.schema, action.places
    properties: Mapping[str, Json] = schema["properties"]
    required: list[str] = schema.get("required", [])
    if style is ParamStyle.NESTED:
        return _nested(properties, required, places)
    names = _names(properties, places, style)
    return _object(
        {names[name]: value for name, value in properties.items()}, [names[n] for n in required]
    )


def find_schema(action: ActionInfo, style: ParamStyle) -> dict[str, Json] | None:
    """Return the schema of an action's tool, if the action can be run as its document stands."""
    try:
        return input_schema(action.compiled, style)
    except HubError:
        # The catalog's findings say what is wrong with it.
        return None


def place(
    action: CompiledAction, arguments: Mapping[str, Json], style: ParamStyle
) -> dict[str, dict[str, Json]]:
    """
    Return a tool's arguments by place and name.

    Each style's own spelling comes first; an argument that was given plainly, or in a place, is
    understood in every style, because models mix them up.

    Raises:
        InvalidInputs: a place holds something else than an object.
    """
    places = action.places
    placed: dict[str, dict[str, Json]] = {each: {} for each in PLACES}
    names = {} if style is ParamStyle.NESTED else _names(action.schema["properties"], places, style)
    plain = {shown: name for name, shown in names.items()}
    for given, value in arguments.items():
        name = plain.get(given, given)
        if name in places:
            placed[places[name]][name] = value
        elif given in PLACES:
            placed[given] |= _inside(given, value)
        else:
            at, _, rest = given.partition("_")
            known = at in PLACES and (rest in places or rest in ("next", "page_size", "cursor"))
            placed[at if known else "body"][rest if known else given] = value
    return placed


def _nested(
    properties: Mapping[str, Json], required: list[str], places: Mapping[str, str]
) -> dict[str, Json]:
    groups: dict[str, Json] = {}
    for at in PLACES:
        inside = {name: value for name, value in properties.items() if places[name] == at}
        if inside:
            groups[at] = _object(inside, [name for name in required if name in inside])
    return _object(groups, [at for at, group in groups.items() if "required" in group])


def _names(
    properties: Mapping[str, Json], places: Mapping[str, str], style: ParamStyle
) -> dict[str, str]:
    """Return what each input is called; what would be taken for something else has a prefix."""
    everywhere = style is ParamStyle.FLAT_PREFIXED
    return {
        name: f"{places[name]}_{name}" if everywhere or name in (*PLACES, ACCOUNT) else name
        for name in properties
    }


def _object(properties: Mapping[str, Json], required: list[str]) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


def _inside(at: str, value: Json) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        # Models write objects as text often enough.
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            value = None
    if not isinstance(value, dict):
        msg = f"{at} must be an object"
        raise InvalidInputs(msg, faults=[Fault(at, "must be an object")])
    return value  # pyright: ignore[reportUnknownVariableType]
