"""Operations of an OpenAPI document, converted to actions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.openapi.bodies import add_body
from jackfield.connectors.openapi.call import Call
from jackfield.connectors.openapi.document import LeftOut, OpenApi
from jackfield.connectors.openapi.examples import Example, find_example
from jackfield.connectors.openapi.names import is_spelled, snake_case
from jackfield.connectors.openapi.outlines import json_content, outline_of, success
from jackfield.connectors.openapi.paging import Pages, find_pages
from jackfield.connectors.openapi.parameters import add_parameters
from jackfield.connectors.openapi.schemas import one_line
from jackfield.connectors.openapi.security import Security
from jackfield.connectors.openapi.selection import METHODS, Operation
from jackfield.connectors.openapi.servers import Server, Servers
from jackfield.kit.json import Json, as_list, items, mapping, text

# What a last part of a path says of a request that sends its question in the body.
_ASKING: Final = frozenset({"search", "query", "lookup", "count", "filter"})
_ASKED: Final = re.compile(r"(?:search|query|find|list|get|count|look|filter)", re.IGNORECASE)
_IDEMPOTENCY_KEY: Final = "idempotency_key"
_MESSAGING: Final = frozenset({"send"})


@dataclass(slots=True)
class Import:
    """What is known while operations are read: the document, and the ids given out."""

    api: OpenApi
    key: str
    security: Security
    servers: Servers
    server: Server


@dataclass(frozen=True, slots=True)
class Made:
    """An action, the group it belongs to, and the example that the document has of it."""

    group: str
    action: dict[str, Json]
    example: Example | None


def read_actions(run: Import, operations: Sequence[Operation]) -> Iterator[Made]:
    """Yield the actions that the operations become."""
    for operation in operations:
        run.api.begin()
        try:
            yield _made(run, operation)
        except LeftOut as reason:
            run.api.doubt(f"{operation.name} is left out: {reason}")


def _made(run: Import, operation: Operation) -> Made:
    call = Call()
    document = operation.document
    carried = run.security.carried(document)
    owners = (operation.shared, document)
    url, doubts = add_parameters(run.api, call, operation.sent_path, owners, carried)
    add_body(run.api, call, document)
    pages = _paged(run, operation, call)
    _name_idempotency_key(call)
    run.security.secure(call, document)
    for doubt in doubts:
        run.api.doubt(f"{operation.name}: {doubt}")
    step = _step(run, operation, call, url, pages)
    action = _action(run, operation, list(call.inputs.values()), step)
    if pages is not None:
        action["actionType"] = "list"
    run.api.begin()
    schema = pages.outline_schema() if pages else _response_schema(run.api, document)
    outline = outline_of(run.api, schema) if schema is not None else "any"
    if outline != "any":
        action["output"] = outline
    run.api.begin()
    example = find_example(run.api, call, operation.shared, document)
    return Made(_group(document, operation.sent_path), action, example)


def _step(
    run: Import, operation: Operation, call: Call, url: str, pages: Pages | None
) -> dict[str, Json]:
    own, shared = run.servers.read(operation.document), run.servers.read(operation.shared)
    server = own or shared or run.server
    if server.query:
        url += ("&" if "?" in url else "?") + server.query
    parameters: dict[str, Json] = {"url": url, "method": operation.method}
    if server.url != run.server.url:
        parameters["baseUrl"] = server.url
    if call.args:
        parameters["args"] = call.args
    if pages is not None:
        if pages.response:
            parameters["response"] = pages.response
        parameters["iterator"] = pages.iterator
    elif _gives_no_json(run.api, operation.document):
        parameters["response"] = {"format": "auto"}
    name = call.function if pages is None else "paginated_request"
    function = {"functionName": name, "parameters": parameters | call.parameters}
    return {"stepId": "call", "stepFunction": function}


def _paged(run: Import, operation: Operation, call: Call) -> Pages | None:
    """Return an operation's paging, and make the inputs those of a list with pages."""
    if operation.method != "get" or call.function != "request":
        return None
    parameters = {
        name: parameter
        for owner in (operation.shared, operation.document)
        for parameter in map(run.api.follow, items(owner, "parameters"))
        if text(parameter, "in") == "query" and (name := text(parameter, "name"))
    }
    try:
        pages = find_pages(run.api, operation.document, parameters)
    except LeftOut:
        return None
    if pages is None:
        return None
    for name in pages.taken:
        call.drop("query", name)
    if {"next", "page_size"} & call.inputs.keys() - {pages.size}:
        run.api.doubt(f"{operation.name}: its inputs next and page_size are not those of paging")
    elif pages.size is not None:
        call.rename("query", pages.size, "page_size")
    call.inputs.setdefault("next", dict(_NEXT_INPUT))
    return pages


def _name_idempotency_key(call: Call) -> None:
    """Give the key of a request that is done once the name that it has in every connector."""
    for place, name in [*call.names]:
        is_one = place == "headers" and name.lower() == "idempotency-key"
        if is_one and _IDEMPOTENCY_KEY not in call.inputs:
            call.rename(place, name, _IDEMPOTENCY_KEY)


def _action(
    run: Import, operation: Operation, inputs: list[dict[str, Json]], step: dict[str, Json]
) -> dict[str, Json]:
    document = operation.document
    label = one_line(text(document, "summary")) or operation.name.replace("_", " ").capitalize()
    kind, effect = _kind(operation)
    made: dict[str, Json] = {
        "actionId": operation.name,
        "label": label,
        "description": label if label.endswith(".") else f"{label}.",
        "categories": ["documents"],
        "actionType": kind,
        "effects": [effect],
        "inputs": inputs,
        "steps": [step],
        "result": {"data": "$.steps.call.output.data"},
    }
    if details := one_line(text(document, "description")):
        made["details"] = details
    if document.get("deprecated") is True:
        made["releaseStage"] = "deprecated"
    if scopes := run.security.scopes(document):
        made["requiredScopes"] = scopes
    return made


def _kind(operation: Operation) -> tuple[str, str]:
    """Return type and effect of an action: by its method, and by what its name says beside it."""
    last = operation.sent_path.rstrip("/").rpartition("/")[2].strip("_:").lower()
    named = operation.operation_id or text(operation.document, "summary")
    if operation.method == "post" and last in _ASKING and _ASKED.match(named):
        return "list", "read"
    if operation.method == "post" and last in _MESSAGING:
        return "create", "send"
    return METHODS[operation.method]


def _response_schema(api: OpenApi, operation: Mapping[str, Json]) -> Json:
    return json_content(api, success(api, operation)).get("schema")


_NEXT_INPUT: Final[Mapping[str, Json]] = {
    "name": "next",
    "type": "string",
    "description": "Where to go on: the value of next in the previous answer.",
    "in": "query",
}


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
