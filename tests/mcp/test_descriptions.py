"""What a model reads of an action before it calls it."""

from collections.abc import AsyncGenerator

import pytest

from tests.mcp.conftest import Ask
from tests.mcp.odd import Odd, odd_hub
from tests.support.running import HubWith, Running

pytestmark = pytest.mark.anyio

RULES = (
    "Give at least one of `email`, `userId`.",
    "Give only one of `email`, `userId`.",
    '`reason` is required if `email` is "a@b.example".',
)


@pytest.fixture
async def odd(hub_with: HubWith) -> AsyncGenerator[Odd]:
    async with odd_hub(hub_with) as opened:
        yield opened


async def test_what_cannot_be_taken_back_stands_in_the_tool(hub: Running, ask: Ask) -> None:
    account = await hub.link()
    whole = {
        action.id: action.details.strip()
        for action in hub.hub.catalog.get("iterable").actions
        if action.details
    }

    listed = (await ask("tools/list", x_account_id=account))["tools"]

    told = {tool["name"]: tool["description"] for tool in listed}
    assert [name for name, details in whole.items() if details not in told[name]] == []


async def test_rules_between_inputs_stand_wherever_an_action_is_described(odd: Odd) -> None:
    tool = (await odd.tools())["odd_either_or"]
    found = await odd.call("odd_search_actions", {"query": "either or"})
    card = await odd.hub.api.get(
        "/agent/authenticatedExtendedCard", headers={"x-account-id": odd.account}
    )
    skill = next(each for each in card.json()["skills"] if each["id"] == "odd_either_or")

    for text in (tool["description"], found["actions"][0]["description"], skill["description"]):
        assert [rule for rule in RULES if rule not in text] == []
        assert "Only one of two ways." in text


async def test_long_details_are_cut_at_a_word_and_say_more_where_an_action_was_found(
    odd: Odd,
) -> None:
    short = (await odd.tools())["odd_either_or"]["description"]
    longer = (await odd.call("odd_search_actions", {"query": "either or"}))["actions"][0][
        "description"
    ]

    assert len(short) <= 602
    assert len(short) < len(longer) <= 2100
    assert short.endswith(" …")
