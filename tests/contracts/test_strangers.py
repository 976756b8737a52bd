"""What somebody without a key can have the hub take in."""

import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from jackfield.asgi import build_app
from tests.support.running import Running

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/mcp", 401),
        ("POST", "/", 401),
        ("GET", "/agent/authenticatedExtendedCard", 401),
        ("GET", "/.well-known/agent-card.json", 200),
        ("GET", "/openapi.json", 200),
        ("POST", "/connect_sessions", 401),
        ("POST", "/actions/rpc", 401),
        ("POST", "/unified/proxy", 401),
        ("POST", "/hub/accounts", 401),
        ("POST", "/embedded/integrations", 404),
        ("POST", "/dashboard/link", 401),
    ],
)
async def test_the_body_of_a_stranger_is_not_read(
    hub: Running, method: str, path: str, status: int
) -> None:
    app, read = build_app(hub.hub), 0

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def counted() -> Message:
            nonlocal read
            read += 1
            return await receive()

        await app(scope, counted, send)

    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=watched), base_url=hub.hub.public_url
    ) as stranger:
        response = await stranger.request(method, path, json={})

    assert (response.status_code, read) == (status, 0)
