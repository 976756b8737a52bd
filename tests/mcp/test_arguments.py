"""Arguments of tools reach the inputs they are meant for, whatever these are called."""

import json
import re
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from jackfield.agents.names import argument_names, tool_name
from tests.mcp.odd import LONG_ACTION, ODD_NAMES, Odd, action, given, odd_hub
from tests.support.running import HubWith

pytestmark = pytest.mark.anyio

FITS = re.compile(r"[a-zA-Z0-9_-]{1,64}")
STYLES = ("nested", "flat_prefixed", "flat_smart")
MODES = ("individual", "search_execute")


@pytest.fixture
async def odd(hub_with: HubWith) -> AsyncGenerator[Odd]:
    async with odd_hub(hub_with) as opened:
        yield opened


def queries(odd: Odd) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(seen.line.split()[1]).query) for seen in odd.provider.seen]


def names(schema: Any) -> list[str]:
    """Return every property name of a schema, at every depth."""
    found: list[str] = []
    for name, each in schema.get("properties", {}).items():
        found += [name, *names(each)]
    return found + (names(schema["items"]) if "items" in schema else [])


@pytest.mark.parametrize(
    ("action", "arguments", "sent"),
    [
        ("post_free", {"body": {"body": {"a": 1}}}, {"body": {"a": 1}}),
        ("post_free", {"body": {"body": {"body": 1}}}, {"body": {"body": 1}}),
        ("set_hook", {"body": {"name": "n"}, "headers": {}}, {"name": "n"}),
        (
            "set_hook",
            {"body": {"name": "n", "headers": {"x": "y"}}},
            {"name": "n", "headers": {"x": "y"}},
        ),
    ],
)
@pytest.mark.parametrize("way", ["tool", "execute", "a2a"])
async def test_an_input_that_is_called_like_its_location_is_read_where_the_schema_has_it(
    odd: Odd, way: str, action: str, arguments: dict[str, Any], sent: dict[str, Any]
) -> None:
    if way == "tool":
        await odd.call(f"odd_{action}", arguments)
    elif way == "execute":
        await odd.call("odd_execute_action", {"action_id": f"odd_{action}", **arguments})
    else:
        part = {"kind": "data", "data": {"action": f"odd_{action}", **arguments}}
        message = {"messageId": "1", "role": "user", "kind": "message", "parts": [part]}
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "message/send",
            "params": {"message": message},
        }
        await odd.hub.api.post("/", json=body, headers={"x-account-id": odd.account})

    assert odd.bodies == [sent]


@pytest.mark.parametrize(
    ("style", "action", "arguments", "sent"),
    [
        ("nested", "search_it", {"query": {"query": "cats"}}, {"query": ["cats"]}),
        ("nested", "search_it", {"query": "cats"}, {"query": ["cats"]}),
        ("nested", "send_path", {"query": {"path": "a", "id": "7"}}, {"path": ["a"], "id": ["7"]}),
        ("flat_smart", "search_it", {"query_query": "cats"}, {"query": ["cats"]}),
        ("flat_smart", "search_it", {"query": {"query": "cats"}}, {"query": ["cats"]}),
        ("flat_prefixed", "search_it", {"query_query": "cats"}, {"query": ["cats"]}),
        ("flat_prefixed", "search_it", {"query": "cats"}, {"query": ["cats"]}),
    ],
)
async def test_each_style_reads_an_input_called_like_a_location(
    odd: Odd, style: str, action: str, arguments: dict[str, Any], sent: dict[str, Any]
) -> None:
    await odd.call(f"odd_{action}", arguments, f"?param-style={style}")

    assert queries(odd) == [sent]


async def test_what_stands_in_the_wrong_group_is_refused_and_not_sent(odd: Odd) -> None:
    told = await odd.call("odd_post_free", {"body": {"a": 1}})

    assert told["code"] == "invalid_inputs"
    assert "body.a" in {fault["path"] for fault in told["faults"]}
    assert odd.provider.seen == []


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("mode", MODES)
async def test_every_name_a_client_sees_is_one_it_takes(odd: Odd, style: str, mode: str) -> None:
    listed = await odd.tools(f"?param-style={style}&tool-mode={mode}")

    assert all(FITS.fullmatch(name) for name in listed)
    assert [
        name
        for tool in listed.values()
        for name in names(tool["inputSchema"])
        if not FITS.fullmatch(name)
    ] == []


@pytest.mark.parametrize("style", STYLES)
async def test_an_argument_under_a_name_that_fits_is_sent_under_the_providers(
    odd: Odd, style: str
) -> None:
    query = f"?param-style={style}"
    schema = (await odd.tools(query))["odd_odd_names"]["inputSchema"]
    shown = schema["properties"]["query"] if style == "nested" else schema
    arguments = {name: f"value {number}" for number, name in enumerate(shown["properties"])}

    await odd.call("odd_odd_names", {"query": arguments} if style == "nested" else arguments, query)

    assert queries(odd) == [{name: [f"value {n}"] for n, name in enumerate(ODD_NAMES)}]
    assert "filter[name]" in json.dumps(list(shown["properties"].values()))


async def test_names_inside_of_objects_and_lists_are_mapped_back_too(odd: Odd) -> None:
    schema = (await odd.tools())["odd_odd_members"]["inputSchema"]
    person = schema["properties"]["body"]["properties"]["person"]

    await odd.call(
        "odd_odd_members",
        {"body": {"person": {"first_name": "Ada", "mail_boxes": [{"id": "a"}, {"@id": "b"}]}}},
    )

    assert person["required"] == ["first_name"]
    assert odd.bodies == [
        {"person": {"first.name": "Ada", "mail boxes": [{"@id": "a"}, {"@id": "b"}]}}
    ]


async def test_an_action_with_a_long_id_is_called_by_the_name_it_is_listed_with(odd: Odd) -> None:
    (name,) = [name for name in await odd.tools() if name.startswith("odd_act_")]

    told = await odd.call(name, {"query": {"id": "7"}})
    by_id = await odd.call(f"odd_{LONG_ACTION}", {"query": {"id": "7"}})

    assert len(name) == 64
    assert (told["isError"], by_id["isError"]) == (False, False)


def test_names_that_fit_stay_and_the_others_do_not_depend_on_their_order() -> None:
    wanted = ["a_b", "a[b]", "a<b>", "$top", "x" * 65, "имя", "page[size]", "$body", "", "id"]

    found = argument_names({name: name for name in wanted})

    assert argument_names({name: name for name in reversed(wanted)}) == found
    assert (found["a_b"], found["$top"], found["id"]) == ("a_b", "top", "id")
    assert len(set(found.values())) == len(wanted)
    assert all(FITS.fullmatch(name) for name in found.values())
    assert {"body", "page_size"}.isdisjoint(found.values())


def test_ids_that_differ_at_their_end_have_names_that_differ() -> None:
    one, other = tool_name("odd_" + "a" * 80 + "x"), tool_name("odd_" + "a" * 80 + "y")

    assert one != other
    assert tool_name("odd_get_thing") == "odd_get_thing"


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"parameters": {"query": "cats"}}, "parameters"),
        ({"arguments": {"query": {"query": "cats"}}}, "arguments"),
        ({"query": {"query": "cats"}, "filter": {"a": 1}}, "filter"),
        ({"query": {"query": "cats", "filter": "a"}}, "query.filter"),
        ({"query": {"query": "cats"}, "body": {"fields": "a"}}, "body.fields"),
    ],
)
async def test_an_argument_nobody_reads_is_refused_with_its_name(
    odd: Odd, arguments: dict[str, Any], path: str
) -> None:
    told = await odd.call("odd_execute_action", {"action_id": "odd_search_it", **arguments})

    assert (told["isError"], told["faults"][0]["path"]) == (True, path)
    assert odd.provider.seen == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("odd_search_actions", {"query": "x", "limit": 3}), ("odd_search_it", {"filter": "cats"})],
)
async def test_other_tools_refuse_what_they_do_not_know(
    odd: Odd, name: str, arguments: dict[str, Any]
) -> None:
    told = await odd.call(name, arguments)

    assert (told["isError"], told["code"]) == (True, "invalid_inputs")
    assert odd.provider.seen == []


async def test_the_tools_that_find_and_run_take_no_other_arguments(odd: Odd) -> None:
    listed = await odd.tools("?tool-mode=search_execute")

    assert {tool["inputSchema"]["additionalProperties"] for tool in listed.values()} == {False}


@pytest.mark.parametrize("name", ["search_actions", "execute_action", "odd_search_actions"])
async def test_an_action_that_is_called_like_a_tool_of_two_is_found_and_run_beside_it(
    name: str, hub_with: HubWith
) -> None:
    actions = [action(name, [given("query", "query", required=True)])]
    async with odd_hub(hub_with, actions) as odd:
        two = "?tool-mode=search_execute"
        found = await odd.call("odd_search_actions", {"query": name}, two)
        told = await odd.call(
            "odd_execute_action", {"action_id": name, "query": {"query": "short id"}}, two
        )
        executed = await odd.call(
            "odd_execute_action", {"action_id": f"odd_{name}", "query": {"query": "id"}}, two
        )
        listed = await odd.tools()
        run = await odd.call(f"odd_{name}", {"query": {"query": "its own tool"}})

        assert [each["action_id"] for each in found["actions"]] == [f"odd_{name}"]
        assert [told["isError"], executed["isError"], run["isError"]] == [False] * 3
        assert list(listed) == [f"odd_{name}"]
        assert [each["query"] for each in queries(odd)] == [["short id"], ["id"], ["its own tool"]]
