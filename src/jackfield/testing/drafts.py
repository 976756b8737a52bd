"""Drafts of cases: examples of a provider's description, with the requests that they lead to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.connector import Connector
from jackfield.connectors.openapi.examples import Example
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.ports import Request
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, as_list, encode, mapping, parse, text
from jackfield.testing.calls import make_run_context
from jackfield.testing.case_files import Case
from jackfield.testing.cases import run_case
from jackfield.testing.provider import ScriptedTransport, answer

_MOST_BYTES: Final = 20_000
_FORMATS: Final[Mapping[str, Json]] = {
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "email": "ada@example.com",
    "uri": "https://example.com/a",
    "uuid": "0190b7a1-1f2e-7c3d-8a4b-5c6d7e8f9a0b",
}


@dataclass(frozen=True, slots=True)
class _Outcome:
    request: Request
    output: Json
    has_more: bool


async def draft_cases(connector: Connector, examples: Mapping[str, Example]) -> list[Json]:
    """
    Return a case for each example of an action that its provider's description has.

    What is sent for an example is written down as it is: whoever adopts the case compares it with
    the provider's documentation. An example that cannot be a case, as one that the action refuses,
    becomes none.
    """
    made: list[Json] = []
    for name, example in examples.items():
        action = connector.find_action(f"{connector.key}_{name}")
        if action is None or len(encode(example.answer)) > _MOST_BYTES:
            continue
        case = await _draft(connector, action, example)
        if case and not await run_case(connector, msgspec.convert(case, Case)):
            made.append(case)
    return made


async def _draft(
    connector: Connector, action: ActionInfo, example: Example
) -> dict[str, Json] | None:
    method = connector.auth_methods[0]
    fields = (*method.config_fields, *method.setup_fields)
    credentials = {each.key: str(each.value or f"{each.key}-1") for each in fields}
    if method.type != "custom":
        credentials["accessToken"] = "token-1"
    for inputs in _attempts(action, example):
        outcome = await _run(connector, action, credentials, inputs, example)
        if outcome is not None:
            break
    else:
        return None
    made: dict[str, Json] = {
        "case": f"{action.label.rstrip('.')}, as the provider's description shows it",
        "action": action.name,
        "credentials": credentials,
    }
    if inputs:
        made["inputs"] = inputs
    answered = {"status": example.status} if example.status != 200 else {}  # noqa: PLR2004 - OK
    turn = {"expect": _expected(outcome.request), "answer": {**answered, "json": example.answer}}
    made |= {"provider": [turn], "output": outcome.output}
    return made | {"more": True} if outcome.has_more else made


def _attempts(action: ActionInfo, example: Example) -> Iterator[dict[str, Json]]:
    """Yield inputs to try: all that have an example, then only those that must be given."""
    properties = mapping(action.schema, "properties")
    required = [str(each) for each in as_list(action.schema.get("required"))]
    needed = {
        name: example.inputs.get(name, _made_up(name, mapping(properties, name)))
        for name in required
    }
    yield {
        **needed,
        **{name: example.inputs[name] for name in properties if name in example.inputs},
    }
    yield needed
    yield {name: _made_up(name, mapping(properties, name)) for name in required}


async def _run(
    connector: Connector,
    action: ActionInfo,
    credentials: Mapping[str, str],
    inputs: Mapping[str, Json],
    example: Example,
) -> _Outcome | None:
    transport = ScriptedTransport([answer(status=example.status, json=example.answer)])
    try:
        accepted = action.compiled.accept({"body": inputs})
        call = make_run_context(
            transport, credentials, inputs=accepted, auth_method=connector.auth_methods[0].key
        )
        result = await action.compiled.run(call)
    except (HubError, InvalidInputs, AssertionError):
        return None
    if result.file is not None or len(transport.requests) != 1 or result.warnings:
        return None
    return _Outcome(transport.requests[0], result.data, result.next is not None)


def _expected(request: Request) -> dict[str, Json]:
    parts = urlsplit(request.url)
    expected: dict[str, Json] = {"method": request.method, "path": parts.path}
    if query := _pairs(parts.query):
        expected["query"] = query
    if not request.body:
        return expected
    kind = request.headers.get("Content-Type", "")
    if "json" in kind:
        expected["body"] = parse(request.body)
    elif "x-www-form-urlencoded" in kind:
        expected["form"] = _pairs(request.body.decode())
    return expected


def _pairs(encoded: str) -> dict[str, Json]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 else each for name, each in found.items()}


def _made_up(name: str, schema: Mapping[str, Json]) -> Json:
    """Return a value for what must be given and has no example."""
    kind = next(iter(as_list(schema.get("type"))), schema.get("type"))
    if listed := as_list(schema.get("enum")):
        return listed[0]
    if options := as_list(schema.get("anyOf")):
        return _made_up(name, options[0])
    if kind == "array":
        return [_made_up(name, mapping(schema, "items"))]
    if kind == "object":
        inner = mapping(schema, "properties")
        needed = map(str, as_list(schema.get("required")))
        return {each: _made_up(each, mapping(inner, each)) for each in needed}
    plain = {"integer": 1, "number": 1, "boolean": True}.get(str(kind))
    if plain is not None:
        return schema.get("minimum", plain)
    return _FORMATS.get(text(schema, "format"), f"{name}-1")
