"""Operations of an OpenAPI document, converted to actions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from jackfield.connectors.loading.integrity import MAX_TOOL_NAME
from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.names import snake_case, unique
from jackfield.connectors.openapi.schemas import merged, one_line, to_input, to_inputs
from jackfield.engine.steps.request import REQUEST
from jackfield.kit.json import Json, items, mapping, text

_PLACES: Final = {"path": "path", "query": "query", "header": "headers"}
_EFFECTS: Final = {
    "get": "read",
    "post": "write",
    "put": "write",
    "patch": "write",
    "delete": "delete",
}
_TYPES: Final = {
    "get": "get",
    "post": "create",
    "put": "update",
    "patch": "update",
    "delete": "delete",
}
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
# Headers the engine writes itself.
_OWN_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})


@dataclass(slots=True)
class Import:
    """What is known while operations are read: the document, the ids given out, the doubts."""

    api: OpenApi
    key: str
    doubts: list[str] = field(default_factory=list[str])
    taken: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class _Request:
    inputs: list[dict[str, Json]] = field(default_factory=list[dict[str, Json]])
    args: list[dict[str, Json]] = field(default_factory=list[dict[str, Json]])


def read_actions(run: Import) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield the actions, each with the name of the group it belongs to."""
    for path, entry in mapping(run.api.root, "paths").items():
        shared = run.api.follow(entry)
        for method in _EFFECTS:
            if operation := run.api.follow(shared.get(method)):
                parameters = [*items(shared, "parameters"), *items(operation, "parameters")]
                yield (
                    _group(operation, path),
                    _action(run, method, path, operation, parameters),
                )


def _action(
    run: Import,
    method: str,
    path: str,
    operation: Mapping[str, Json],
    parameters: Sequence[Mapping[str, Json]],
) -> dict[str, Json]:
    wanted = snake_case(text(operation, "operationId") or f"{method} {path}")
    name = unique(wanted, run.taken, longest=MAX_TOOL_NAME - len(run.key) - 1)
    run.taken.add(name)
    request = _Request()
    _add_parameters(run, request, parameters)
    _add_body(run, request, name, operation)
    url = path
    for each in request.inputs:
        if each.get("in") == "path":
            url = url.replace("{" + str(each["name"]) + "}", "${inputs." + str(each["name"]) + "}")
    call: dict[str, Json] = {"url": url, "method": method}
    if request.args:
        call["args"] = request.args
    label = one_line(text(operation, "summary")) or name.replace("_", " ").capitalize()
    made: dict[str, Json] = {
        "actionId": name,
        "label": label,
        "description": label if label.endswith(".") else f"{label}.",
        "categories": ["documents"],
        "actionType": _TYPES[method],
        "effects": [_EFFECTS[method]],
        "inputs": request.inputs,
        "steps": [
            {"stepId": "call", "stepFunction": {"functionName": REQUEST.name, "parameters": call}}
        ],
        "result": {"data": "$.steps.call.output.data"},
    }
    if details := one_line(text(operation, "description")):
        made["details"] = details
    if operation.get("deprecated") is True:
        made["releaseStage"] = "deprecated"
    return made


def _add_parameters(
    run: Import, request: _Request, parameters: Sequence[Mapping[str, Json]]
) -> None:
    for entry in parameters:
        parameter = run.api.follow(entry)
        name, place = text(parameter, "name"), _PLACES.get(text(parameter, "in"))
        if not name or place is None or name.lower() in _OWN_HEADERS:
            continue
        made = to_input(
            run.api,
            name,
            parameter.get("schema"),
            required=parameter.get("required") is True or place == "path",
            description=text(parameter, "description"),
        )
        _add(request, made | {"in": place})


def _add_body(run: Import, request: _Request, action: str, operation: Mapping[str, Json]) -> None:
    body = run.api.follow(operation.get("requestBody"))
    content = mapping(body, "content")
    kind = next((each for each in (_JSON, _FORM) if each in content), None)
    if kind is None:
        if content:
            run.doubts.append(f"{action}: its body ({', '.join(content)}) is left out")
        return
    schema = merged(run.api, mapping(content, kind).get("schema"))
    inputs = to_inputs(run.api, schema)
    for made in inputs:
        _add(request, made | {"in": "body"})
    if not inputs:
        whole = to_input(run.api, "body", schema, required=body.get("required") is True)
        request.inputs.append(whole | {"in": "body"})
        request.args.append(
            {"name": "body", "value": "$.inputs.body", "in": "body", "spread": True}
        )
    if kind == _FORM:
        request.args.append({"name": "Content-Type", "value": _FORM, "in": "headers"})


def _add(request: _Request, made: dict[str, Json]) -> None:
    """Add an input and, unless it is part of the path, the argument that sends it."""
    name = str(made["name"])
    if any(each["name"] == name for each in request.inputs):
        return
    request.inputs.append(made)
    if made["in"] == "path":
        return
    is_plain = name.replace("_", "a").isalnum()
    value = f"$.inputs.{name}" if is_plain else f"$.inputs['{name}']"
    arg: dict[str, Json] = {"name": name, "value": value, "in": made["in"]}
    if made.get("array") and made["in"] == "query":
        arg["arrayFormat"] = "repeat"
    request.args.append(arg)


def _group(operation: Mapping[str, Json], path: str) -> str:
    tags = operation.get("tags")
    named = cast("list[Json]", tags)[0] if isinstance(tags, list) and tags else None
    first = next((part for part in path.split("/") if part and "{" not in part), "actions")
    return snake_case(named if isinstance(named, str) else first)
