"""A write whose answer is of no use was carried out all the same, and its caller is told so."""

import gzip
from typing import Any

import pytest

from jackfield.actions.run_recorder import RunRecorder
from jackfield.egress import client as egress
from jackfield.engine.ports import Request, Response
from tests.api.test_writes import acme, code, proxy
from tests.mcp.conftest import post
from tests.support.actor import TESTER
from tests.support.running import HubWith, Running
from tests.support.scripted import reply

pytestmark = pytest.mark.anyio

FORMATTED = """
  - {{actionId: make_{format}, actionType: custom, effects: [write], label: Make, description: d,
     categories: [documents], result: $.steps.ask.output.data,
     steps: [{{stepId: ask, stepFunction: {{functionName: request, parameters:
              {{method: post, url: /make, response: {{format: {format}}}}}}}}}]}}
"""
BROKEN = """
  - {actionId: make_then_break, actionType: custom, effects: [write], label: Make, description: d,
     categories: [documents], result: $.steps.cut.output.data,
     steps: [{stepId: ask, stepFunction: {functionName: request, parameters:
              {method: post, url: /make}}},
             {stepId: cut, stepFunction: {functionName: request, parameters:
              {method: get, url: "/things/${$.steps.ask.output.data.id}"}}}]}
"""
FORMATS = ("json", "auto", "lines", "csv", "ndjson")
PAGE = reply("<html><title>Sign in</title></html>", headers={"content-type": "text/html"})
NO_JSON = reply('{"id": 7')
PACKED_WRONGLY = reply(b"no gzip", headers={"content-encoding": "gzip"})
TOO_DEEP = reply("[" * 5000 + "]" * 5000)
TOO_LARGE = reply(gzip.compress(b" " * 4096), headers={"content-encoding": "gzip"})
MOVED = reply("", status=303, headers={"location": "/things/7"})


async def by_mcp(hub: Running, account: str, action: str) -> Any:
    call = {"name": action, "arguments": {}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    response = await post(hub, body, x_account_id=account)
    return response.json()["result"]["structuredContent"]


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_page_in_place_of_the_answer_to_a_write_leaves_its_outcome_unknown(
    format_: str, hub_with: HubWith
) -> None:
    more = FORMATTED.format(format=format_)
    async with acme(hub_with, PAGE, more=more) as (hub, account, asked):
        response = await hub.run(account, f"acme_make_{format_}")
        again = await hub.run(account, f"acme_make_{format_}")

    assert [code(each) for each in (response, again)] == [(502, "outcome_unknown")] * 2
    assert "Sign in" in response.json()["message"]
    assert asked.asked == ["POST /make"]


@pytest.mark.parametrize(
    "answer", [NO_JSON, PACKED_WRONGLY, TOO_DEEP, MOVED], ids=["cut", "packed", "deep", "moved"]
)
async def test_an_answer_that_cannot_be_read_does_not_make_a_write_undone(
    answer: Any, hub_with: HubWith
) -> None:
    more = FORMATTED.format(format="json")
    async with acme(hub_with, answer, more=more) as (hub, account, _):
        by_rest = await hub.run(account, "acme_make_json")
        told = await by_mcp(hub, account, "acme_make_json")
        read = await hub.run(account, "acme_find")

    assert code(by_rest) == (502, "outcome_unknown")
    assert "may have been carried out" in by_rest.json()["message"]
    assert told["code"] == "outcome_unknown"
    assert read.json()["code"] != "outcome_unknown"


async def test_an_answer_that_is_too_large_does_not_make_a_write_undone(
    monkeypatch: pytest.MonkeyPatch,
    hub_with: HubWith,
) -> None:
    async with acme(hub_with, TOO_LARGE) as (hub, account, _):
        monkeypatch.setattr(egress, "read_body", _reading_little(egress.read_body))
        by_rest = await hub.run(account, "acme_make")
        told = await by_mcp(hub, account, "acme_put")
        proxied = await proxy(hub, account, "post")
        read = await hub.run(account, "acme_find")

    assert [code(each) for each in (by_rest, proxied)] == [(502, "outcome_unknown")] * 2
    assert told["code"] == "outcome_unknown"
    assert code(read) == (502, "provider_answer_too_large")


async def test_a_proxied_write_whose_packing_is_wrong_may_have_been_carried_out(
    hub_with: HubWith,
) -> None:
    async with acme(hub_with, PACKED_WRONGLY) as (hub, account, asked):
        response = await proxy(hub, account, "post")
        read = await proxy(hub, account, "get")

    assert code(response) == (502, "outcome_unknown")
    assert read.json()["code"] == "provider_answer_unreadable"
    assert asked.asked == ["POST /w", "GET /w"]


async def test_a_write_after_which_a_later_step_cannot_go_on_may_have_been_carried_out(
    hub_with: HubWith,
) -> None:
    then = reply('{"id": ".."}')
    async with acme(hub_with, then, more=BROKEN) as (hub, account, made):
        response = await hub.run(account, "acme_make_then_break")

    assert code(response) == (502, "outcome_unknown")
    assert made.asked == ["POST /make"]


def _reading_little(read: Any) -> Any:
    async def read_little(response: Any, _limit: int, *more: Any) -> bytes:
        return await read(response, 1024, *more)

    return read_little


async def test_a_write_after_more_requests_than_are_recorded_is_not_forgotten(hub: Running) -> None:
    recorder = RunRecorder(
        hub.hub, hub.project.id, TESTER, action_id="x", account_id="y", source="api"
    )
    write = Request("POST", "https://api.example.com/make", {})
    recorder.step_started("ask", "request")
    for _ in range(100):
        recorder.requested("ask", write)
        recorder.answered("ask", Response(409, {}, b""), seconds=0)
    assert not recorder.may_have_written

    recorder.requested("ask", write)

    assert recorder.may_have_written
