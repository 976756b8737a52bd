"""Operations of an OpenAPI document, converted to actions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.loading.integrity import MAX_TOOL_NAME
from jackfield.connectors.openapi.bodies import add_body
from jackfield.connectors.openapi.call import Call, LeftOut
from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.names import distinct, is_spelled, snake_case
from jackfield.connectors.openapi.parameters import add_parameters
from jackfield.connectors.openapi.schemas import one_line
from jackfield.connectors.openapi.security import Security
from jackfield.connectors.openapi.servers import Server, Servers
from jackfield.kit.json import Json, as_list, mapping, text

# What the format calls an operation by its method: the type of an action, and its effect.
_METHODS: Final = {
    "get": ("get", "read"),
    "post": ("create", "write"),
    "put": ("update", "write"),
    "patch": ("update", "write"),
    "delete": ("delete", "delete"),
}
_OTHERS: Final = frozenset({"head", "options", "trace", "query"})


@dataclass(slots=True)
class Import:
    """What is known while operations are read: the document, and the ids given out."""

    api: OpenApi
    key: str
    security: Security
    servers: Servers
    server: Server


def read_actions(run: Import) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield the actions, each with the name of the group it belongs to."""
    for path, entry in mapping(run.api.root, "paths").items():
        for method in _OTHERS.intersection(run.api.follow(entry)):
            run.api.doubt(f"{method} {path} is left out: no action has that method")
    operations = {
        (path, method): (shared, run.api.follow(shared[method]))
        for path, entry in mapping(run.api.root, "paths").items()
        for shared in [run.api.follow(entry)]
        for method in _METHODS
        if isinstance(shared.get(method), Mapping)
    }
    names = distinct(
        {key: wanted_name(*key, operation) for key, (_, operation) in operations.items()},
        longest=MAX_TOOL_NAME - len(run.key) - 1,
    )
    for (written, method), (shared, operation) in operations.items():
        name = names[written, method]
        path = _sent(written)
        try:
            step = _step(run, name, method, path, shared, operation)
        except LeftOut as reason:
            run.api.doubt(f"{name} is left out: {reason}")
            continue
        yield _group(operation, path), _action(name, method, operation, *step)


def wanted_name(path: str, method: str, operation: Mapping[str, Json]) -> str:
    """Return an operation's name if no other has it."""
    known = text(operation, "operationId")
    return snake_case(known if is_spelled(known) else f"{method} {_sent(path)}")


def _sent(path: str) -> str:
    """Some documents tell operations of one path apart by a fragment, which is never sent."""
    return path.partition("#")[0]


def _step(
    run: Import,
    name: str,
    method: str,
    path: str,
    shared: Mapping[str, Json],
    operation: Mapping[str, Json],
) -> tuple[list[dict[str, Json]], dict[str, Json]]:
    """Return the inputs and the step that sends them."""
    call = Call()
    carried = run.security.carried(operation)
    url, doubts = add_parameters(run.api, call, path, (shared, operation), carried)
    add_body(run.api, call, operation)
    run.security.secure(call, operation)
    for doubt in doubts:
        run.api.doubt(f"{name}: {doubt}")
    server = run.servers.read(operation) or run.servers.read(shared) or run.server
    if server.query:
        url += ("&" if "?" in url else "?") + server.query
    parameters: dict[str, Json] = {"url": url, "method": method}
    if server.url != run.server.url:
        parameters["baseUrl"] = server.url
    if call.args:
        parameters["args"] = call.args
    if _gives_no_json(run.api, operation):
        parameters["response"] = {"format": "auto"}
    function = {"functionName": call.function, "parameters": parameters | call.parameters}
    return list(call.inputs.values()), {"stepId": "call", "stepFunction": function}


def _action(
    name: str,
    method: str,
    operation: Mapping[str, Json],
    inputs: list[dict[str, Json]],
    step: dict[str, Json],
) -> dict[str, Json]:
    label = one_line(text(operation, "summary")) or name.replace("_", " ").capitalize()
    kind, effect = _METHODS[method]
    made: dict[str, Json] = {
        "actionId": name,
        "label": label,
        "description": label if label.endswith(".") else f"{label}.",
        "categories": ["documents"],
        "actionType": kind,
        "effects": [effect],
        "inputs": inputs,
        "steps": [step],
        "result": {"data": "$.steps.call.output.data"},
    }
    if details := one_line(text(operation, "description")):
        made["details"] = details
    if operation.get("deprecated") is True:
        made["releaseStage"] = "deprecated"
    return made


def _gives_no_json(api: OpenApi, operation: Mapping[str, Json]) -> bool:
    contents = [
        media
        for status, entry in mapping(operation, "responses").items()
        if status.startswith("2")
        for media in mapping(api.follow(entry), "content")
    ]
    return bool(contents) and not any("json" in media or "*/*" in media for media in contents)


def _group(operation: Mapping[str, Json], path: str) -> str:
    parts = (part for part in path.split("/") if "{" not in part)
    named = (*as_list(operation.get("tags"))[:1], *parts, "actions")
    return snake_case(next(each for each in named if isinstance(each, str) and is_spelled(each)))
