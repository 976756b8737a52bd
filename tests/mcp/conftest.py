"""Asking `/mcp` as a client does that introduces itself once and then says what it wants."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from tests.support.running import Running

BOTH = "application/json, text/event-stream"
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
Ask = Callable[..., Awaitable[Any]]


async def post(hub: Running, body: Any, *, query: str = "", **headers: str) -> httpx2.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await hub.api.post(f"/mcp{query}", json=body, headers={"accept": BOTH, **names})


@pytest.fixture
def ask(hub: Running) -> Ask:
    """Send one request and return its result."""

    async def send(method: str, params: Any = None, *, query: str = "", **headers: str) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        response = await post(hub, body, query=query, **headers)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    return send
