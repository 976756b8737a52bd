"""Connectors against what their providers publish about each request.

A file in `published` has, for each action, the request as the provider describes it: method, path,
and for query, headers and body the names with their types; `*` marks what is required. `omitted`
says why something is not asked for, or not as published, by action and name; `*` is every action.
"""

import json
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.connector import Connector
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.engine.ports import Request
from jackfield.kit.errors import HubError
from jackfield.kit.json import items, mapping, text, texts
from jackfield.testing.calls import make_run_context
from jackfield.testing.provider import ScriptedTransport, answer

PUBLISHED = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((Path(__file__).parent / "published").glob("*.json"))
}
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
}
NUMBER = re.compile(r"-?\d+(\.\d+)?")
PATTERNS = [
    "ada@acme.example",
    "2026-01-02T03:04:05Z",
    "2026-01-02",
    "https://acme.example/x",
    "+14155550100",
    "2026-01-17T12:34:00.000+0000",
    "001Dn00000AbCdE",
]


@pytest.mark.anyio
@pytest.mark.parametrize("key", PUBLISHED)
async def test_each_request_is_the_one_that_the_provider_publishes(key: str) -> None:
    published = PUBLISHED[key]
    connector = load(own_folder() / key / f"{key}.connector.s1.yaml")
    comparison = Comparison(connector, published)

    differences = [
        f"{each['action']}: {difference}"
        for each in published["requests"]
        async for difference in comparison.of(each)
    ]

    assert not differences, "\n".join(differences)
    assert {each.name for each in connector.actions if not each.is_internal} == {
        each["action"] for each in published["requests"]
    }


class Comparison:
    def __init__(self, connector: Connector, published: Mapping[str, Any]) -> None:
        self.connector = connector
        self.credentials: Mapping[str, str] = published["credentials"]
        self.omitted: Mapping[str, Mapping[str, str]] = published["omitted"]

    async def of(self, published: Mapping[str, Any]) -> AsyncIterator[str]:
        action = self.connector.find_action(f"{self.connector.key}_{published['action']}")
        if action is None:
            yield "there is no such action"
            return
        if list(action.effects) != [published["effect"]]:
            yield f"effects {action.effects}, not {published['effect']}"
        every = [await self.sent(action, given) for given in all_inputs(action)]
        least = await self.sent(action, required_inputs(action))
        for request in [*every, least]:
            for difference in self.addressed(request, published):
                yield difference
        for place in ("query", "headers", "body"):
            shape = published.get(place, {})
            names = {name.rstrip("*") for name in shape} if isinstance(shape, dict) else set()
            asked = [parts(request, place, names) for request in every]
            # What is in a form is text, as in a query.
            where = "form" if place == "body" and "form" in published.get("type", "") else place
            for difference in compare(where, asked, parts(least, place, names), shape):
                if not self.is_omitted(published["action"], difference):
                    yield difference

    def is_omitted(self, action: str, difference: str) -> bool:
        names = {**self.omitted.get("*", {}), **self.omitted.get(action, {})}
        return difference.partition(":")[0] in names

    def addressed(self, request: Request, published: Mapping[str, Any]) -> Iterator[str]:
        method, path = published["request"].split(" ")
        address = urlsplit(request.url)
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))
        if request.method != method or not re.search(f"{pattern}$", address.path):
            yield f"{request.method} {address.path}, not {method} {path}"
        if "origin" in published and not request.url.startswith(published["origin"]):
            yield f"{request.url} is not below {published['origin']}"
        declared = request.headers.get("Content-Type", "").split(";")[0]
        if request.body and "type" in published and declared != published["type"]:
            yield f"content type {declared}, not {published['type']}"

    async def sent(self, action: ActionInfo, given: Mapping[str, Any]) -> Request:
        transport = ScriptedTransport([answer(status=418)])
        places: dict[str, dict[str, Any]] = {}
        for name, value in given.items():
            places.setdefault(action.compiled.locations[name], {})[name] = value
        call = make_run_context(
            transport,
            self.credentials,
            inputs=action.compiled.accept(places),
            auth_method=self.connector.auth_methods[0].key,
        )
        with pytest.raises(HubError):
            await action.compiled.run(call)
        return transport.requests[0]


def compare(
    place: str, every: Sequence[Any], least: Any, shape: Any, path: str = ""
) -> Iterator[str]:
    """Yield how what was sent differs from what is published, each beginning with its path."""
    if isinstance(shape, dict):
        yield from compare_fields(place, every, least, shape, path)
    elif isinstance(shape, list):
        if place == "body" and not all(isinstance(each, list) for each in every):
            yield f"{path[:-1]}: a list is published"
        rows = [row for each in every for row in (each if isinstance(each, list) else [each])]
        some = least[0] if isinstance(least, list) and least else None
        yield from compare(place, rows, some, shape[0], path)
    else:
        odd = [value for value in every if not fits(place, value, shape)]
        if odd:
            yield f"{path[:-1]}: {odd[0]!r} was sent, and {shape} is published"


def compare_fields(
    place: str, every: Sequence[Any], least: Any, shape: Mapping[str, Any], path: str
) -> Iterator[str]:
    names = {name.rstrip("*"): name for name in shape}
    maps = [spelled(each, names) for each in every if isinstance(each, dict)]
    fewest = spelled(least, names) if isinstance(least, dict) else None
    if place != "headers":
        for name in sorted({name for each in maps for name in each} - {*names}):
            yield f"{path}{name}: sent in {place}, and not published"
    for name, marked in names.items():
        inner = [each[name] for each in maps if name in each]
        if not inner:
            yield f"{path}{name}: published in {place}, and never sent"
            continue
        if marked.endswith("*") and fewest is not None and name not in fewest:
            yield f"{path}{name}: required in {place}, and not always sent"
        some = fewest.get(name) if fewest else None
        yield from compare(place, inner, some, shape[marked], f"{path}{name}.")


def spelled(sent: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Name headers as they are published, whatever their case."""
    known = {name.lower(): name for name in names}
    return {key if key in names else known.get(key.lower(), key): sent[key] for key in sent}


def fits(place: str, value: Any, kind: str) -> bool:
    if kind not in TYPES:
        return True
    if place == "body" and not isinstance(value, str):
        return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if kind in {"integer", "number"}:
        return place != "body" and NUMBER.fullmatch(str(value)) is not None
    if place == "body":
        return kind == "string"
    return kind != "boolean" or value in {"true", "false"}


def parts(request: Request, place: str, names: Collection[str] = ()) -> Any:
    """Return what is in a part of a request, by name; `names` are written so, brackets included."""
    if place == "headers":
        return dict(request.headers)
    if place == "query":
        return nested(parse_qsl(urlsplit(request.url).query, keep_blank_values=True), names)
    declared = request.headers.get("Content-Type", "")
    # A file has no names.
    if not request.body or declared == "application/octet-stream":
        return {}
    if "json" in declared:
        return json.loads(request.body)
    return nested(parse_qsl(request.body.decode(), keep_blank_values=True), names)


def nested(pairs: Sequence[tuple[str, str]], names: Collection[str]) -> dict[str, Any]:
    """Read `items[0][price]=a` as a list of objects, and a name that comes again as a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        steps = [name] if name in names else [part.rstrip("]") for part in name.split("[")]
        inner = found
        for step in steps[:-1]:
            inner = inner.setdefault(step, {})
        last = steps[-1]
        if last in inner:
            earlier = inner[last]
            inner[last] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
        else:
            inner[last] = value
    return {name: listed(value) for name, value in found.items()}


def listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: listed(each) for name, each in value.items()}
    return [*inner.values()] if all(name.isdigit() for name in inner) else inner


def all_inputs(action: ActionInfo) -> list[dict[str, Any]]:
    """Make up all inputs, as often as it takes to give each of those that exclude each other."""
    document = next(
        entry
        for entry in items(action.compilation.document, "actions")
        if entry.get("actionId") == action.name
    )
    groups = [
        [*texts(rule, "fields")]
        for rule in items(document, "validationRules")
        if text(rule, "rule") == "mutuallyExclusive"
    ]
    given = {
        name: example(name, schema)
        for name, schema in action.schema["properties"].items()
        if name != "next"
    }
    turns = range(max(map(len, groups), default=1))
    return [
        {
            name: value
            for name, value in given.items()
            if all(name not in group or name == group[turn % len(group)] for group in groups)
        }
        for turn in turns
    ]


def required_inputs(action: ActionInfo) -> dict[str, Any]:
    document = next(
        entry
        for entry in items(action.compilation.document, "actions")
        if entry.get("actionId") == action.name
    )
    names = {*action.schema.get("required", [])}
    for rule in items(document, "validationRules"):
        fields = [*texts(rule, "fields")]
        if text(rule, "rule") == "atLeastOneOf" and not names & {*fields}:
            names.add(fields[0])
    properties = action.schema["properties"]
    given = {name: example(name, properties[name], least=True) for name in sorted(names)}
    for entry in items(document, "inputs"):
        name, some = text(entry, "name"), texts(mapping(entry, "rules"), "atLeastOneOf")
        if name in given and isinstance(given[name], dict) and some:
            given[name][some[0]] = example(some[0], properties[name]["properties"][some[0]])
    for rule in items(document, "validationRules"):
        condition, field = mapping(rule, "condition"), text(rule, "field")
        if text(rule, "rule") == "requiredIf" and condition.get("equals") == given.get(
            text(condition, "field"), condition
        ):
            given[field] = example(field, properties[field], least=True)
    for entry in items(document, "inputs"):
        add_one_of(entry, given.get(text(entry, "name")), properties[text(entry, "name")])
    return given


def add_one_of(entry: Mapping[str, Any], value: Any, schema: Mapping[str, Any]) -> None:
    """Give objects the first of the properties of which they must have one."""
    names = texts(mapping(entry, "rules"), "atLeastOneOf")
    inner = schema.get("items", schema)
    for row in value if isinstance(value, list) else [value]:
        if names and row is not None and not {*names} & {*row}:
            row[names[0]] = example(names[0], inner["properties"][names[0]], least=True)


def example(name: str, schema: Mapping[str, Any], *, least: bool = False) -> Any:  # noqa: PLR0911, C901 - one for each kind
    """Make up a value that a schema allows: with all its fields, or with those it must have."""
    match schema:
        case {"enum": [first, *_]}:
            return first
        case {"anyOf": [first, *_]}:
            return example(name, first, least=least)
        case {"type": [first, *_]}:
            return example(name, {**schema, "type": first}, least=least)
        case {"type": "array"}:
            row = example(name, schema.get("items", {}), least=least)
            return [row] * max(schema.get("minItems", 1), 1)
        case {"type": "integer" | "number"}:
            return max(schema.get("minimum", 1), 1)
        case {"type": "boolean"}:
            return True
        case {"type": "object"}:
            inner = schema.get("properties", {})
            wanted = schema.get("required", []) if least else inner
            fields = {key: example(key, inner[key], least=least) for key in wanted}
            return fields if inner else {"any": "thing"}
        case {"format": "date-time"}:
            return "2026-01-02T03:04:05Z"
        case {"format": "date"}:
            return "2026-01-02"
        case {"format": "uuid"}:
            return "0190b7a1-1f2e-7c3d-8a4b-5c6d7e8f9a0b"
        case {"pattern": str(pattern)}:
            known = [*PATTERNS, *schema.get("examples", [])]
            return next((each for each in known if re.search(pattern, each)), "a" * 8)
        case _:
            return (
                "ada@acme.example"
                if "mail" in name.lower()
                else "some-text"[: schema.get("maxLength", 9)]
            )
