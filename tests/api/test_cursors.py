"""Cursors: a list goes on where it gave one out, and takes no other."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.support.running import HubWith, Running
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

CONNECTOR = """\
StackOne: 1.0.0
{engine}
info: {{title: Paged, key: {key}, version: 1.0.0, description: Pages.}}
baseUrl: {url}
authentication:
  - key:
      type: custom
      label: Key
      authorization: {{type: bearer, token: $.credentials.key}}
      configFields:
        - {{key: key, label: Key, type: password, required: true, secret: true}}
actions:
"""
ACTION = """\
  - actionId: {id}
    label: Things
    description: Things.
    categories: [documents]
    actionType: list
    effects: [read]
    inputs: []
    cursor: {{enabled: true, pageSize: 1}}
    steps:
      - stepId: ask
        stepFunction:
          functionName: paginated_request
          parameters:
            url: /things
            method: get
            response: {{dataKey: data, nextKey: next}}
            iterator: {iterator}
    result: {{data: $.steps.ask.output.data}}
"""
STRICT = {
    "by_url": "{mode: url}",
    "by_cursor": "{mode: cursor, key: cursor, in: query}",
    "other": "{mode: url}",
}
COMPAT = {"by_cursor": "{key: cursor, in: query}"}
FORGED = {"r": {"0": {"c": "/admin/secret?x=1", "p": 0}}, "v": 2, "t": 1}


def encoded(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@dataclass
class Paged:
    hub: Running
    seen: list[Seen]
    accounts: dict[str, str]

    async def run(self, action: str, *, account: str = "paged", **placed: Any) -> httpx2.Response:
        return await self.hub.run(self.accounts[account], action, **placed)

    @property
    def paths(self) -> list[str]:
        return [each.line.split(" ")[1] for each in self.seen]


@pytest.fixture
async def paged(hub_with: HubWith) -> AsyncGenerator[Paged]:
    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        rows = [{"id": seen.line}, {"id": "second"}]
        await reply(json.dumps({"data": rows, "next": "/things?page=2"}))(writer, seen)

    async with scripted(answer) as provider:
        texts = {
            key: CONNECTOR.format(key=key, engine=engine, url=provider.url)
            + "".join(ACTION.format(id=name, iterator=each) for name, each in actions.items())
            for key, engine, actions in (
                ("paged", "engine: strict", STRICT),
                ("older", "", COMPAT),
            )
        }
        async with hub_with(texts) as hub:
            accounts = {
                name: await hub.link_to(key, {"key": "k"}, multiple=True)
                for name, key in (("paged", "paged"), ("twin", "paged"), ("older", "older"))
            }
            provider.seen.clear()
            yield Paged(hub, provider.seen, accounts)


@pytest.mark.parametrize(
    ("account", "action"),
    [("paged", "paged_by_url"), ("paged", "paged_by_cursor"), ("older", "older_by_cursor")],
)
async def test_a_cursor_that_was_given_out_goes_on(paged: Paged, account: str, action: str) -> None:
    first = await paged.run(action, account=account, query={"page_size": 1})
    second = await paged.run(
        action, account=account, query={"page_size": 1, "next": first.json()["next"]}
    )

    assert first.json()["next"]
    assert second.status_code == 200, second.text
    assert second.json()["data"] == [{"id": "second"}]


@pytest.mark.parametrize("place", ["query", "body"])
@pytest.mark.parametrize(
    "forged",
    [
        encoded(FORGED),
        "A" * 28 + encoded(FORGED),
        encoded({"r": {"0": {"n": 7}}, "v": 2, "t": 1}),
        "bogus",
        "ü",
        5,
        0,
        ["x"],
        {"c": "x"},
        True,
    ],
    ids=str,
)
async def test_a_cursor_the_hub_did_not_make_is_refused_before_anything_is_asked(
    paged: Paged, place: str, forged: Any
) -> None:
    for action, account in (("paged_by_url", "paged"), ("older_by_cursor", "older")):
        refused = await paged.run(action, account=account, **{place: {"next": forged}})

        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_inputs")
    assert paged.paths == []


async def test_a_cursor_is_of_its_account_and_action(paged: Paged) -> None:
    given = (await paged.run("paged_by_url", query={"page_size": 1})).json()["next"]
    paged.seen.clear()

    others = [
        await paged.run("paged_other", query={"next": given}),
        await paged.run("paged_by_url", account="twin", query={"next": given}),
        await paged.run("paged_by_url", query={"next": given[:-4]}),
        await paged.run("paged_by_url", query={"next": given + "A"}),
        await paged.run("paged_by_url", query={"next": given[28:]}),
    ]

    assert [each.status_code for each in others] == [422] * 5
    assert paged.paths == []


async def test_an_agent_cannot_make_a_cursor_up_either(paged: Paged) -> None:
    headers = {"x-account-id": paged.accounts["paged"]}
    call = {"name": "paged_by_url", "arguments": {"query": {"next": encoded(FORGED)}}}

    called = await paged.hub.api.post(
        "/mcp",
        headers=headers,
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
    )

    assert called.json()["result"]["isError"] is True
    assert paged.paths == []


@pytest.mark.parametrize("cursor", ["bogus", "", 5])
async def test_the_list_of_tools_takes_no_cursor_since_it_gives_none_out(
    hub: Running, cursor: Any
) -> None:
    account_id = await hub.link()
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": cursor}}

    refused = await hub.api.post("/mcp", headers={"x-account-id": account_id}, json=body)

    assert refused.json()["error"]["code"] == -32602


@pytest.mark.parametrize(
    "path",
    [
        "/actions",
        "/jackfield/connect_sessions",
        "/jackfield/tool_feedback",
        "/jackfield/pending_links",
        "/requests/logs",
        "/requests/platform-logs",
    ],
)
@pytest.mark.parametrize("cursor", ["bogus", "acc_01", "12", "-1", "9" * 40, "iterabl"])
async def test_no_list_takes_a_cursor_it_did_not_give_out(
    hub: Running, path: str, cursor: str
) -> None:
    refused = await hub.api.get(path, params={"next": cursor})

    assert refused.status_code == 422, refused.text
    assert [fault["path"] for fault in refused.json()["faults"]] == ["query.next"]
