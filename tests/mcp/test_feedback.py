"""What models say of tools, and where it is read."""

from typing import Any

import pytest
from dirty_equals import IsPartialDict, IsStr

from tests.mcp.conftest import Ask
from tests.support.running import Running

pytestmark = pytest.mark.anyio

NAME = "stackone_submit_feedback"


@pytest.fixture
async def listening(hub: Running) -> Running:
    await hub.api.patch("/jackfield/project", json={"tool_feedback": True})
    return hub


async def tool(ask: Ask, accounts: str, query: str = "") -> Any:
    listed = await ask("tools/list", query=query, x_account_id=accounts)
    return next((each for each in listed["tools"] if each["name"] == NAME), None)


async def submit(ask: Ask, accounts: str, query: str = "", **arguments: Any) -> Any:
    params = {"name": NAME, "arguments": arguments}
    return await ask("tools/call", params, query=query, x_account_id=accounts)


async def kept(hub: Running) -> Any:
    return (await hub.api.get("/jackfield/tool_feedback")).json()["data"]


@pytest.mark.parametrize("query", ["", "?tool-mode=search_execute", "?param-style=flat_prefixed"])
async def test_a_project_that_wants_feedback_has_a_tool_for_it(
    listening: Running, ask: Ask, query: str
) -> None:
    account = await listening.link()

    assert (await tool(ask, account, query))["inputSchema"]["required"] == ["feedback"]


async def test_a_project_that_does_not_ask_for_feedback_has_no_such_tool(
    hub: Running, ask: Ask
) -> None:
    account = await hub.link()

    called = await submit(ask, account, feedback="fine")

    assert await tool(ask, account) is None
    assert called["isError"] is True
    assert called["structuredContent"]["code"] == "action_not_found"


async def test_what_a_model_says_stands_beside_what_others_said(
    listening: Running, ask: Ask
) -> None:
    hub = listening
    account = await hub.link()
    await hub.api.post(
        "/ai/tool-feedback",
        json={"account_id": account, "tool_names": ["iterable_list_lists"], "feedback": "good"},
    )

    called = await submit(
        ask,
        account,
        feedback="the list had no names",
        rating="negative",
        action_ids=["iterable_list_channels"],
        session_id="s-1",
        action_run_id="run_1",
    )

    assert called["structuredContent"] == {
        "isError": False,
        "result": {
            "message": "Feedback successfully stored",
            "key": IsStr(regex=r"fbk_\w{26}"),
            "submitted_at": "2026-03-01T09:30:00Z",
            "trace_id": IsStr(regex=r"fbk_\w{26}"),
        },
    }
    said = {each["feedback"]: each for each in await kept(hub)}
    assert said == {
        "good": IsPartialDict(tool_names=["iterable_list_lists"], rating=None),
        "the list had no names": IsPartialDict(
            id=called["structuredContent"]["result"]["key"],
            account_id=account,
            tool_names=["iterable_list_channels"],
            rating="negative",
            session_id="s-1",
            action_run_id="run_1",
        ),
    }


@pytest.mark.database
async def test_a_rating_alone_is_feedback(listening: Running, ask: Ask) -> None:
    account = await listening.link()

    await submit(ask, account, rating="positive")

    assert await kept(listening) == [IsPartialDict(rating="positive", feedback="rated positive")]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"feedback": " "},
        {"feedback": 7},
        {"feedback": "x", "action_ids": "iterable_list_lists"},
        {"feedback": "x", "action_ids": ["y" * 300]},
        {"feedback": "x", "rating": "y" * 300},
        {"feedback": "x" * 20_001},
    ],
)
async def test_feedback_that_cannot_be_kept_is_an_error_the_model_reads(
    listening: Running, ask: Ask, arguments: dict[str, Any]
) -> None:
    account = await listening.link()

    called = await submit(ask, account, **arguments)

    assert called["isError"] is True
    assert called["structuredContent"] == IsPartialDict(code="invalid_inputs", statusCode=422)
    assert await kept(listening) == []


async def test_with_several_accounts_a_model_says_which_it_is_about(
    listening: Running, ask: Ask
) -> None:
    hub = listening
    one, other = await hub.link(), await hub.link(multiple=True)
    both = f"{one},{other}"

    unsaid = await submit(ask, both, feedback="fine")
    await submit(ask, both, feedback="fine", account_id=other)

    schema = (await tool(ask, both))["inputSchema"]
    assert schema["properties"]["account_id"]["enum"] == [one, other]
    assert unsaid["structuredContent"]["faults"][0]["path"] == "account_id"
    assert [each["account_id"] for each in await kept(hub)] == [other]


async def test_an_account_of_others_gets_no_feedback(listening: Running, ask: Ask) -> None:
    hub = listening
    one, other = await hub.link(), await hub.link(multiple=True)

    called = await submit(ask, one, feedback="fine", account_id=other)

    assert called["isError"] is True
    assert await kept(hub) == []


async def test_a_dry_run_keeps_nothing(listening: Running, ask: Ask) -> None:
    account = await listening.link()

    called = await submit(ask, account, "?dry-run=true", feedback="fine")

    assert called["isError"] is False
    assert await kept(listening) == []
