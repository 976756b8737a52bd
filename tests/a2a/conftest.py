"""Asking the hub as another agent does, over JSON-RPC at the root."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from tests.support.running import Running

Ask = Callable[..., Awaitable[Any]]


async def post(hub: Running, body: Any, **headers: str) -> httpx2.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await hub.api.post("/", json=body, headers=names)


def rpc(method: str, params: Any = None, *, id: Any = 1) -> dict[str, Any]:  # noqa: A002
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}}


def said(*parts: Any, **more: Any) -> dict[str, Any]:
    """Return the parameters of a message: a text is a text part, an object a data part."""
    made = [
        {"kind": "text", "text": part}
        if isinstance(part, str)
        else part
        if "kind" in part
        else {"kind": "data", "data": part}
        for part in parts
    ]
    message = {"kind": "message", "messageId": "m-1", "role": "user", "parts": made}
    return {"message": message | more.pop("message", {}), **more}


def events(response: httpx2.Response) -> list[Any]:
    """Return the results of a stream's events, each of which answers the same request."""
    assert response.headers["content-type"].startswith("text/event-stream")
    told = [
        json.loads(line.removeprefix("data: "))
        for line in response.text.splitlines()
        if line.startswith("data: ")
    ]
    assert {(each["jsonrpc"], each["id"]) for each in told} == {("2.0", 1)}
    return [each["result"] for each in told]


@pytest.fixture
def ask(hub: Running) -> Ask:
    """Send one request and return its result."""

    async def send(method: str, params: Any = None, **headers: str) -> Any:
        response = await post(hub, rpc(method, params), **headers)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    return send


@pytest.fixture
def run(ask: Ask) -> Ask:
    """Have an action run, and return the finished task."""

    async def send(account: str, order: dict[str, Any], **more: Any) -> Any:
        return await ask("message/send", said(order, **more), x_account_id=account)

    return send


def result(task: Any) -> Any:
    assert task["status"]["state"] == "completed", task
    (artifact,) = task["artifacts"]
    (part,) = artifact["parts"]
    return part["data"]


def refusal(task: Any) -> Any:
    """Return what a failed task says, as text and as data alike."""
    assert task["status"]["state"] == "failed", task
    assert "artifacts" not in task
    text, data = task["status"]["message"]["parts"]
    assert text["text"] == data["data"]["message"]
    return data["data"]
