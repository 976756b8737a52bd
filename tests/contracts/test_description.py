"""The API does what `/openapi.json` says, whatever is sent to it."""

import asyncio
import threading
from collections.abc import Generator
from typing import Any

import pytest

from jackfield.client import AsyncHub
from jackfield.http.routes import ROUTES
from jackfield.http.routing import Route
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.sandbox.iterable.server import serve as serve_sandbox
from tests.clients.conftest import link
from tests.support.conformance import Mode, Served, send_all
from tests.support.running import PATIENCE, serving_hub

pytestmark = pytest.mark.slow

# Whose answer takes minutes.
_GOING_ON = frozenset({"/jackfield/logs/live"})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """Serve one hub for all of this module's requests, in a thread of its own."""
    folder = tmp_path_factory.mktemp("described")
    ready, done = threading.Event(), threading.Event()
    told: list[Served] = []

    async def serve() -> None:
        async with serve_sandbox() as sandbox, serving_hub(sandbox, data_dir=folder) as hub:
            told.append(await _known(hub.hub.public_url, hub.api_key, sandbox))
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    assert ready.wait(PATIENCE)
    yield told[0]
    done.set()
    thread.join(PATIENCE)


async def _known(url: str, key: str, sandbox: Sandbox) -> Served:
    """Link an account, so that there is something to ask for."""
    async with AsyncHub(url, key) as client:
        account = await link(client, sandbox.us.api_keys["server_side"], multiple=True)
        linked = await client.get_account(account)
        session = await client.create_connect_session(
            origin_owner_id="other", origin_owner_name="Other", provider="iterable"
        )
    headers = {
        "authorization": f"Bearer {key}",
        "x-account-id": account,
        "x-hub-session-token": session.token,
    }
    known = {
        "account_id": account,
        "profile_id": str(linked.connector_profile_id),
        "provider": "iterable",
    }
    return Served(url, headers, known)


def cases() -> list[Any]:
    """Return what fits, for every route; and what does not fit, for those with a body."""
    return [
        pytest.param(route, mode, id=f"{route.method} {route.path} {mode}")
        for route in ROUTES
        if route.path not in _GOING_ON
        for mode in ("positive", "negative")
        if mode == "positive" or "body" in route.parameters
    ]


@pytest.mark.parametrize(("route", "mode"), cases())
def test_whatever_is_sent_is_answered_as_described(
    served: Served, route: Route, mode: Mode
) -> None:
    send_all(served, route.path, route.method, mode)


@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [
        ("/", "POST", "positive"),
        ("/", "POST", "negative"),
        ("/.well-known/agent-card.json", "GET", "positive"),
        ("/agent/authenticatedExtendedCard", "GET", "positive"),
    ],
)
def test_other_agents_are_answered_as_described(
    served: Served, path: str, method: str, mode: Mode
) -> None:
    send_all(served, path, method, mode)
