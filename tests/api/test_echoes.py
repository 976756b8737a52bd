"""A provider that shows the account's secret again, in any form, does so to nobody but the hub."""

import base64
import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import HubWith, Running
from tests.support.scripted import Answer, Seen, reply, scripted
from tests.support.secret_forms import FORMS, is_told

pytestmark = pytest.mark.anyio

SECRET = 'se+cret/K="y&12 ü~Zz9'
TOKEN = "T0ken/of+the=Session-77"
ACME = """
StackOne: 1.0.0
engine: strict
info: {{title: Acme, key: acme, version: 1.0.0, description: Things.}}
baseUrl: {url}
authentication:
  - login:
      type: custom
      label: Login
      authorization: {{type: apiKey, in: query, name: k, value: $.credentials.key}}
      configFields: [{{key: key, label: Key, type: password, required: true, secret: true}}]
actions:
  - {{actionId: echo, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: get, url: /echo}}}}}}], result: $.steps.ask.output.data}}
  - {{actionId: raw, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: get, url: /echo}}}}}}],
     result: {{data: $.steps.ask.output.raw, more: $.steps.ask.output.raw.requestUrl}}}}
  - {{actionId: fixed, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: static_values,
       parameters: {{values: {{a: $.credentials.key, b: "x${{credentials.key}}"}}}}}}}}],
     result: {{data: $.steps.ask.output.data}}}}
  - {{actionId: rows, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: get, url: /rows, response: {{format: ndjson}}}}}}}}],
     result: {{data: $.steps.ask.output.data}}}}
  - {{actionId: visit, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [
       {{stepId: login, stepFunction: {{functionName: request,
         parameters: {{method: post, url: /token}}}}}},
       {{stepId: ask, stepFunction: {{functionName: request, parameters: {{method: get, url: /echo,
         args: [{{name: session, in: query, value: "${{steps.login.output.data.session_token}}"}}]}}}}}}],
     result: {{data: $.steps.ask.output.raw, login: $.steps.login.output.data}}}}
"""
# As JSON strings, each in a form that JSON can hold as it is.
WRITTEN = [text for form in FORMS.values() if '"' not in (text := form(SECRET)).replace('\\"', "")]
ECHO = "[" + ",".join(f'{{"echo": "{text}"}}' for text in WRITTEN) + "]"
PLAIN = "\n".join(form(SECRET) for form in FORMS.values())


class Provider:
    def __init__(self, then: Answer) -> None:
        self.then = then

    async def answer(self, writer: Any, seen: Seen) -> None:
        token = reply(json.dumps({"session_token": TOKEN}))
        await (token if "/token" in seen.line else self.then)(writer, seen)


@asynccontextmanager
async def acme(hub_with: HubWith, then: Answer) -> AsyncGenerator[tuple[Running, str]]:
    async with (
        scripted(Provider(then).answer) as server,
        hub_with({"acme": ACME.format(url=server.url)}) as hub,
    ):
        await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
        yield hub, await hub.link_to("acme", {"key": SECRET})


async def everything(
    hub: Running, account: str, action: str, *, is_alone: bool = False
) -> dict[str, str]:
    """
    Run an action by each way there is, and return what each of them tells.

    Unless it `is_alone`, the ways that are for no action, or for one of their own, are taken too.
    """
    headers = {"x-account-id": account}
    once = {**headers, "idempotency-key": "one"}
    rpc = {"action": f"acme_{action}"}
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": f"acme_{action}", "arguments": {}},
    }
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "message/send",
        "params": {
            "message": {
                "kind": "message",
                "messageId": "m",
                "role": "user",
                "parts": [{"kind": "data", "data": {"action": f"acme_{action}", "arguments": {}}}],
            }
        },
    }
    mcp = {**headers, "accept": "application/json, text/event-stream"}
    asked = {
        "run": hub.api.post("/actions/rpc", headers=headers, json=rpc),
        "debug": hub.api.post("/actions/rpc?debug=true", headers=headers, json=rpc),
        "once": hub.api.post("/actions/rpc", headers=once, json=rpc),
        "replay": hub.api.post("/actions/rpc", headers=once, json=rpc),
        "dry run": hub.api.post("/actions/rpc?dry_run=true", headers=headers, json=rpc),
        "mcp": hub.api.post("/mcp", headers=mcp, json=call),
        "a2a": hub.api.post("/a2a", headers=headers, json=message),
    }
    if not is_alone:
        asked["stream"] = hub.api.post(
            "/actions/rpc?stream=true", headers=headers, json={"action": "acme_rows"}
        )
        asked["proxy"] = hub.api.post("/unified/proxy", headers=headers, json={"path": "/echo"})
    told = {name: (await response).text for name, response in asked.items()}
    await hub.hub.write_buffer.flush()
    runs = (await hub.api.post("/logs/actions", json={})).json()
    told["runs"] = json.dumps(runs, ensure_ascii=False)
    for run in runs["data"]:
        for path in ("", "/steps", "/requests"):
            found = await hub.api.get(f"/logs/actions/{run['action_run_id']}{path}")
            told[f"run{path} of {run['action_run_id']}"] = found.text
    return told


def stored(data_dir: Path) -> str:
    files = data_dir.glob("jackfield.db*")
    return b"".join(file.read_bytes() for file in files).decode("utf-8", "replace")


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
@pytest.mark.parametrize(
    ("content_type", "body"), [("application/json", ECHO), ("text/plain; charset=utf-8", PLAIN)]
)
async def test_a_secret_comes_back_in_no_form_by_no_way(
    status: int,
    content_type: str,
    body: str,
    data_dir: Path,
    log_lines: io.StringIO,
    hub_with: HubWith,
) -> None:
    answer = reply(body, status=status, headers={"content-type": content_type})
    async with acme(hub_with, answer) as (hub, account):
        told = await everything(hub, account, "echo")
        if status == 200:
            assert "[redacted]" in told["run"]
            assert "[redacted]" in told["stream"]

    told |= {"log": log_lines.getvalue(), "database": stored(data_dir)}
    assert {name: found for name, text in told.items() if (found := is_told(SECRET, text))} == {}


@pytest.mark.parametrize("action", ["raw", "fixed"])
async def test_a_secret_that_the_connector_puts_into_an_outcome_is_masked_there(
    action: str, hub_with: HubWith
) -> None:
    async with acme(hub_with, reply("{}")) as (hub, account):
        told = await everything(hub, account, action)

    assert "[redacted]" in told["run"]
    assert {name: found for name, text in told.items() if (found := is_told(SECRET, text))} == {}


async def test_a_token_that_a_step_signs_in_with_comes_back_by_no_way(
    data_dir: Path,
    log_lines: io.StringIO,
    hub_with: HubWith,
) -> None:
    echo = reply(json.dumps({"echo": base64.b64encode(TOKEN.encode()).decode(), "token": TOKEN}))
    async with acme(hub_with, echo) as (hub, account):
        told = await everything(hub, account, "visit", is_alone=True)

    assert "[redacted]" in told["run"]
    told |= {"log": log_lines.getvalue(), "database": stored(data_dir)}
    assert {name: found for name, text in told.items() if (found := is_told(TOKEN, text))} == {}


async def test_inputs_of_a_run_that_failed_before_its_credentials_were_needed_are_masked(
    data_dir: Path, hub_with: HubWith
) -> None:
    async with acme(hub_with, reply("{}")) as (hub, account):
        for action, at in (("acme_none", account), ("acme_echo", "acc_nobody"), ("a_b", account)):
            response = await hub.run(at, action, body={"note": f"my key is {SECRET}"})
            assert response.status_code >= 400
        response = await hub.run(account, "acme_echo", body={"note": f"my key is {SECRET}"})
        await hub.hub.write_buffer.flush()

    assert is_told(SECRET, stored(data_dir)) == []


async def test_a_body_that_is_cut_for_the_log_holds_no_half_of_a_secret(
    data_dir: Path, hub_with: HubWith
) -> None:
    at = 64 * 1024 - len(SECRET) // 2
    body = json.dumps({"long": "x" * (at - 10) + SECRET}, ensure_ascii=False)
    async with acme(hub_with, reply(body)) as (hub, account):
        await hub.run(account, "acme_echo")
        await hub.hub.write_buffer.flush()

    assert SECRET[:6] not in stored(data_dir)
