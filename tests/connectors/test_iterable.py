"""Iterable's connector against the table of its API's server routes."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from jackfield.connectors.connector import Connector
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.connectors.permissions import find_probe
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.limits import Pool
from jackfield.engine.ports import Request
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json
from jackfield.testing.calls import make_run_context
from jackfield.testing.provider import ScriptedTransport, answer


class Route(msgspec.Struct, frozen=True):
    action: str
    method: str
    path: str
    query: list[str]
    body: list[str]
    effect: str
    limit: str = ""
    required: list[str] = []
    enums: dict[str, list[str]] = {}


ROUTES = msgspec.json.decode(
    (Path(__file__).parent / "iterable_routes.json").read_bytes(), type=list[Route]
)
KEY = "0123456789abcdef0123456789abcdef"
# One of these lets a first page be asked for, and the other answers a cursor that comes later.
CURSORS = {"startAfter", "nextMarker", "offset"}
# The reference lets these be left out, and answers that they are missing; without lists a campaign
# is a triggered one.
ALWAYS = {"get_user_by_email": {"email"}, "get_user_by_user_id": {"userId"}}
OPTIONAL = {"create_campaign": {"listIds"}}
TEXTS = ["2025-01-31 08:00:00", "2025-01-31", "https://acme.example", "+14155550100", "abc"]


@pytest.fixture(scope="module")
def iterable() -> Connector:
    return load(own_folder() / "iterable" / "iterable.connector.s1.yaml")


def test_every_server_route_is_an_action(iterable: Connector) -> None:
    assert sorted(route.action for route in ROUTES) == sorted(
        each.name for each in iterable.actions
    )
    assert len(ROUTES) == 157


@pytest.mark.anyio
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
async def test_a_route_is_reached_with_all_its_parameters(
    iterable: Connector, route: Route
) -> None:
    properties = inputs_of(iterable, route)["properties"]
    given = {name: example(name, schema) for name, schema in properties.items() if name != "next"}

    request = await first_request(iterable, route, given)

    parts = urlsplit(request.url)
    query = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    body: dict[str, Json] = msgspec.json.decode(request.body) if request.body else {}
    assert request.method == route.method
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route.path), parts.path)
    assert request.headers["Api-Key"] == KEY
    assert query | (CURSORS & {*route.query}) == {*route.query} | (CURSORS & query)
    assert {*body} == {*route.body}


@pytest.mark.anyio
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
async def test_only_what_is_given_is_sent(iterable: Connector, route: Route) -> None:
    schema = inputs_of(iterable, route)
    names = [*schema.get("required", []), *one_of(route)]
    given = {name: example(name, schema["properties"][name]) for name in names}

    request = await first_request(iterable, route, given)

    sent = {name for name, _ in parse_qsl(urlsplit(request.url).query, keep_blank_values=True)}
    body: dict[str, Json] = msgspec.json.decode(request.body) if request.body else {}
    defaults = {"page", "pageSize", "limit", "offset", "scheduleSend"}
    assert (sent | {*body}) - {*given} - defaults == set()


@pytest.mark.anyio
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
async def test_a_route_is_asked_as_often_as_is_documented(
    iterable: Connector, route: Route
) -> None:
    properties = inputs_of(iterable, route)["properties"]
    given = {name: example(name, schema) for name, schema in properties.items() if name != "next"}
    request = await first_request(iterable, route, given)
    pools = iterable.compiled.limits.pools_of(request.method, request.url)

    documented = [route.limit] if route.limit else []
    assert [told(pool) for pool in pools if pool.key != "main"] == documented


@pytest.mark.anyio
async def test_no_route_uses_up_what_another_one_may(iterable: Connector) -> None:
    limits = iterable.compiled.limits
    pools: list[str] = []
    for route in ROUTES:
        properties = inputs_of(iterable, route)["properties"]
        given = {name: example(name, schema) for name, schema in properties.items()}
        request = await first_request(iterable, route, {**given, "next": None})
        pools += {pool.key for pool in limits.pools_of(request.method, request.url)} - {"main"}

    assert len(pools) == len({*pools}) == len(limits.pools) - 1


@pytest.mark.parametrize(
    "route", [each for each in ROUTES if each.limit], ids=lambda route: route.action
)
def test_a_limit_is_told(iterable: Connector, route: Route) -> None:
    action = iterable.find_action(f"iterable_{route.action}")
    assert action
    number, unit = route.limit.split("/")

    assert f"{number} request{'' if number == '1' else 's'} a {unit}" in action.details


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
def test_what_is_required_and_which_values_there_are_is_what_is_documented(
    iterable: Connector, route: Route
) -> None:
    schema = inputs_of(iterable, route)
    properties = schema["properties"]

    documented = {*route.required} | ALWAYS.get(route.action, set())

    assert {*schema.get("required", [])} == documented - OPTIONAL.get(route.action, set())
    assert {name: values_of(properties[name]) for name in route.enums} == route.enums


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
def test_effects_say_what_an_action_does(iterable: Connector, route: Route) -> None:
    action = iterable.find_action(f"iterable_{route.action}")
    assert action

    assert ("send" in action.effects) == (route.effect == "send")
    assert (action.effects == ("read",)) == (route.effect == "read")
    if route.effect == "delete":
        assert "delete" in action.effects


def values_of(schema: dict[str, Json]) -> Json:
    return schema.get("items", schema).get("enum")


def told(pool: Pool) -> str:
    assert pool.rate
    a_minute = pool.burst > pool.rate
    return f"{pool.rate * 60:g}/minute" if a_minute else f"{pool.rate:g}/second"


def inputs_of(iterable: Connector, route: Route) -> dict[str, Json]:
    action = iterable.find_action(f"iterable_{route.action}")
    assert action
    return dict(action.schema)


def one_of(route: Route) -> list[str]:
    """Return the inputs of which a caller must give one."""
    known = {*route.body, *route.query}
    groups = [
        ("email", "userId", "listId", "phoneNumber"),
        ("recipientEmail",),
        ("currentEmail",),
        ("sourceEmail",),
        ("destinationEmail",),
        ("scheduledMessageId",),
        ("users",),
    ]
    return [next(each for each in group if each in known) for group in groups if known & {*group}]


async def first_request(iterable: Connector, route: Route, given: dict[str, Json]) -> Request:
    action = iterable.find_action(f"iterable_{route.action}")
    assert action
    transport = ScriptedTransport([answer(status=418)])
    call = make_run_context(
        transport,
        {"api_key": KEY, "region": "us"},
        inputs=action.compiled.accept({"body": given}),
        auth_method="api_key",
    )
    with pytest.raises(HubError):
        await action.compiled.run(call)
    return transport.requests[0]


def example(name: str, schema: dict[str, Json]) -> Json:  # noqa: PLR0911 - one for each kind
    """Make up a value that a schema allows."""
    match schema:
        case {"enum": [first, *_]}:
            return first
        case {"anyOf": [first, *_]}:
            return example(name, first)
        case {"type": "array"}:
            return [example(name, schema.get("items", {}))]
        case {"type": "integer" | "number"}:
            return max(schema.get("minimum", 1), 1)
        case {"type": "boolean"}:
            return True
        case {"type": "object" | ["object", "null"]}:
            inner = schema.get("properties", {})
            return {key: example(key, value) for key, value in inner.items()} or {"any": "thing"}
        case {"format": "date-time"}:
            return "2025-01-31T08:00:00Z"
        case {"pattern": str(pattern)}:
            return next(text for text in ["ada@acme.example", *TEXTS] if re.search(pattern, text))
        case _:
            return "ada+x@acme.example" if "mail" in name.lower() else "text/1"


def test_an_id_that_is_required_is_not_empty(iterable: Connector) -> None:
    taken: list[str] = []
    for action in iterable.actions:
        for name in action.schema.get("required", []):
            given = action.schema["properties"][name]
            if given.get("type") == "string" and re.search("(Id|Name|email)$", name):
                place = action.compiled.locations[name]
                with pytest.raises(InvalidInputs) as caught:
                    action.compiled.accept({place: {name: ""}})
                if f"{place}.{name}" not in {fault.path for fault in caught.value.faults}:
                    taken.append(f"{action.name} {name}")

    assert taken == []


def test_a_probe_stands_for_every_action(iterable: Connector) -> None:
    [method] = iterable.auth_methods

    found = {each.name: find_probe(method.permissions, each) for each in iterable.actions}

    assert [name for name, probe in found.items() if probe is None] == []
    assert {probe.key for probe in found.values() if probe} == {
        each.key for each in method.permissions
    }, "no probe is made for nothing"
