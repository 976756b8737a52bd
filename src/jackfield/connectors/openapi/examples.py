"""Examples of an OpenAPI document: what an operation is given, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.openapi.call import Call
from jackfield.connectors.openapi.document import LeftOut, OpenApi
from jackfield.connectors.openapi.outlines import json_content, success
from jackfield.connectors.openapi.schemas import merged
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, as_list, is_object, items, mapping, text

_DEEPEST: Final = 6
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Example:
    """The inputs of an action by name, and the response that the document shows for them."""

    inputs: Mapping[str, Json]
    status: int
    answer: Json


def find_example(
    api: OpenApi, call: Call, shared: Mapping[str, Json], operation: Mapping[str, Json]
) -> Example | None:
    """Return the example of an operation whose response the document shows; `None` if it shows none."""
    response = success(api, operation)
    try:
        answer = _shown(api, json_content(api, response))
        if answer is UNDEFINED:
            return None
        given = _parameters(api, call, shared, operation) | _body(api, call, operation)
    except LeftOut:
        return None
    statuses = sorted(each for each in mapping(operation, "responses") if each.startswith("2"))
    status = int(statuses[0]) if statuses[0].isdecimal() else _OK
    return Example(given, status, answer)


def _parameters(
    api: OpenApi, call: Call, shared: Mapping[str, Json], operation: Mapping[str, Json]
) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for owner in (shared, operation):
        for entry in items(owner, "parameters"):
            parameter = api.follow(entry)
            place = {"header": "headers", "cookie": "headers"}.get(text(parameter, "in"))
            name = call.names.get((place or text(parameter, "in"), text(parameter, "name")))
            shown = _shown(api, parameter)
            if name is not None and shown is not UNDEFINED:
                found[name] = shown
    return found


def _body(api: OpenApi, call: Call, operation: Mapping[str, Json]) -> dict[str, Json]:
    if "requestBody" not in operation:
        return {}
    shown = _shown(api, json_content(api, api.follow(operation["requestBody"])))
    whole = call.names.get(("body", "body"))
    if is_object(shown):
        members = {
            call.names["body", name]: value
            for name, value in shown.items()
            if ("body", name) in call.names
        }
        if members:
            return members
    return {whole: shown} if whole and shown is not UNDEFINED else {}


def _shown(api: OpenApi, owner: Mapping[str, Json]) -> Json:
    """Return the example of a parameter or of a content, its own or its schema's."""
    if "example" in owner:
        return owner["example"]
    for entry in mapping(owner, "examples").values():
        named = api.follow(entry)
        if "value" in named:
            return named["value"]
    return _composed(api, owner.get("schema"), 0)


def _composed(api: OpenApi, schema: Json, depth: int) -> Json:
    """Return the example of a schema, made of those of its members if it has none of its own."""
    followed = merged(api, schema)
    if "example" in followed:
        return followed["example"]
    if listed := as_list(followed.get("examples")):
        return listed[0]
    if depth >= _DEEPEST:
        return UNDEFINED
    if "items" in followed:
        row = _composed(api, followed["items"], depth + 1)
        return UNDEFINED if row is UNDEFINED else [row]
    members = {
        name: value
        for name, inner in mapping(followed, "properties").items()
        if (value := _composed(api, inner, depth + 1)) is not UNDEFINED
    }
    return members or UNDEFINED
