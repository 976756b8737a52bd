"""
Parameter styles of tools: nested by location, prefixed with the location, or flat.

The three agree with what clients of the platform ask for by `param-style`.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from jackfield.agents.names import (
    ACCOUNT,
    LOCATIONS,
    argument_names,
    describe_renamed,
    rename,
    restorer,
)
from jackfield.connectors.action import ActionInfo
from jackfield.engine.action import CompiledAction
from jackfield.engine.inputs.accept import IGNORED, PAGING
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.errors import Fault, HubError
from jackfield.kit.json import DecodeError, Json, as_object, is_object, parse


class ParamStyle(StrEnum):
    NESTED = "nested"
    FLAT_PREFIXED = "flat_prefixed"
    FLAT_SMART = "flat_smart"


def input_schema(action: CompiledAction, style: ParamStyle) -> dict[str, Json]:
    """Return the JSON Schema of the arguments of an action's tool."""
    schema, locations = action.schema, action.locations
    names = _names(schema["properties"], locations, style)
    properties = {
        names[name]: describe_renamed(rename(as_object(each)), name, names[name])
        for name, each in schema["properties"].items()
    }
    required = [names[name] for name in schema.get("required", [])]
    if style is not ParamStyle.NESTED:
        return _object(properties, required)
    return _nested(properties, required, {names[name]: at for name, at in locations.items()})


def argument_names_of(action: CompiledAction, style: ParamStyle) -> dict[str, str]:
    """Return the name of each input among the arguments of an action's tool."""
    return _names(action.schema["properties"], action.locations, style)


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
        InvalidInputs: the value of a location is not an object, or a name is none of an input.
    """
    locations = action.locations
    properties: Mapping[str, Json] = action.schema["properties"]
    names = _names(properties, locations, style)
    inputs = {argument: name for name, argument in names.items()}
    located: dict[str, dict[str, Json]] = {location: {} for location in LOCATIONS}

    def put(location: str, argument: str, value: Json) -> None:
        name = inputs.get(argument, argument)
        if name not in locations and name in IGNORED:
            # What callers of the API may add on their own is a slip where a model says it.
            words = "is not an input of this action"
            msg = f"{location}.{name} {words}"
            raise InvalidInputs(msg, faults=[Fault(f"{location}.{name}", words)])
        restore = restorer(as_object(properties.get(name)))
        located[location][name] = value if restore is None else restore(value)

    for argument, value in arguments.items():
        if argument in LOCATIONS:
            group = _group(argument, value, inputs, locations, style)
            if group is not None:
                for inner, each in group.items():
                    put(argument, inner, each)
                continue
        name = inputs.get(argument, argument)
        location, _, rest = argument.partition("_")
        if name in locations:
            put(locations[name], argument, value)
        elif location in LOCATIONS and (rest in locations or rest in inputs or rest in PAGING):
            put(location, rest, value)
        else:
            put("body", argument, value)
    return located


def _group(
    location: str,
    value: Json,
    inputs: Mapping[str, str],
    locations: Mapping[str, str],
    style: ParamStyle,
) -> dict[str, Json] | None:
    """
    Read the value of an argument that is called like a location as the inputs that belong there.

    Returns:
        None if it is the value of an input that is called so as well.

    Raises:
        InvalidInputs: it is neither.
    """
    group = _parse_object(value)
    if location not in locations:
        if group is None:
            msg = f"{location} must be an object"
            raise InvalidInputs(msg, faults=[Fault(location, "must be an object")])
        return group
    if group is None:
        return None
    is_promised = style is ParamStyle.NESTED and location in locations.values()
    is_known = any(each in inputs or each in locations or each in PAGING for each in group)
    return group if is_promised or is_known or not group else None


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
    prefixed: Collection[str] = {
        ParamStyle.NESTED: (),
        ParamStyle.FLAT_PREFIXED: properties,
        ParamStyle.FLAT_SMART: (*LOCATIONS, ACCOUNT),
    }[style]
    return argument_names(
        {name: f"{locations[name]}_{name}" if name in prefixed else name for name in properties}
    )


def _object(properties: Mapping[str, Json], required: list[str]) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


def _parse_object(value: Json) -> dict[str, Json] | None:
    if value is None:
        return {}
    if isinstance(value, str):
        # Models often send an object as a JSON string.
        try:
            value = parse(value)
        except (DecodeError, RecursionError):
            return None
    return dict(value) if is_object(value) else None
