"""What the search tool and A2A's text search say where nothing, or only a part, fits."""

from typing import Any

import pytest

from tests.mcp.conftest import Ask
from tests.mcp.test_tools import payload
from tests.support.running import Running

pytestmark = pytest.mark.anyio


@pytest.fixture
async def account(hub: Running) -> str:
    return await hub.link()


async def found(ask: Ask, account: str, query: str) -> Any:
    call = {"name": "iterable_search_actions", "arguments": {"query": query}}
    return payload(await ask("tools/call", call, x_account_id=account))


@pytest.mark.parametrize(
    "query",
    [
        "create a jira issue",
        "post a slack message",
        "undo the thing from yesterday",
        "book a flight",
        "update the salesforce opportunity",
        "delete a github repository",
        "qwertyuiop",
        "a",
        "créer",
        "人を追加",
    ],
)
async def test_what_no_action_fits_finds_none_and_says_so(
    ask: Ask, account: str, query: str
) -> None:
    told = await found(ask, account, query)

    assert told["actions"] == []
    assert "other words" in told["hint"]


async def test_a_word_that_no_action_has_is_named_beside_what_was_found(
    ask: Ask, account: str
) -> None:
    told = await found(ask, account, "send gmail email")
    whole = await found(ask, account, "send an email")

    assert told["actions"][0]["action_id"] == "iterable_send_email"
    assert (told["unmatched_words"], "hint" in told) == (["gmail"], False)
    assert whole.keys() == {"actions"}


async def test_the_members_of_a_list_are_found_by_who_is_on_it(ask: Ask, account: str) -> None:
    told = await found(ask, account, "who is on a list")

    ids = [each["action_id"] for each in told["actions"]]
    assert ids[0] == "iterable_get_list_users"
    assert {"iterable_create_list", "iterable_delete_list"}.isdisjoint(ids[:3])


async def test_a_text_that_no_skill_fits_is_answered_so(hub: Running, account: str) -> None:
    def text(words: str) -> Any:
        part = {"kind": "text", "text": words}
        message = {"messageId": "1", "role": "user", "kind": "message", "parts": [part]}
        return {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": message}}

    async def replied(words: str) -> Any:
        response = await hub.api.post("/", json=text(words), headers={"x-account-id": account})
        return response.json()["result"]["parts"]

    nothing, part = await replied("create a jira issue"), await replied("send gmail email")

    assert "No action" in nothing[0]["text"]
    assert nothing[1]["data"]["skills"] == []
    assert "gmail" in part[0]["text"]
    assert part[1]["data"]["skills"][0]["id"] == "iterable_send_email"
