"""The API does what `/openapi.json` says, whatever is sent to it."""

import asyncio
import os
import threading
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from jackfield.agents.a2a import openapi as a2a
from jackfield.client import AsyncHub
from jackfield.http.openapi import document
from jackfield.http.routes import ROUTES
from jackfield.http.routing import Route
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.sandbox.iterable.server import serve as serve_sandbox
from tests.clients.conftest import link
from tests.support.running import PATIENCE, serving_hub

pytestmark = pytest.mark.slow

load_all_checks()
AGENTS = {
    "/": a2a.AGENT,
    "/.well-known/agent-card.json": a2a.CARD,
    "/agent/authenticatedExtendedCard": a2a.EXTENDED_CARD,
}
SCHEMA = schemathesis.openapi.from_dict(document(ROUTES, AGENTS, url="http://127.0.0.1"))
CONFORMS = [status_code_conformance, content_type_conformance, response_schema_conformance]

# Whose answer takes minutes.
_GOING_ON = frozenset({"/jackfield/logs/live"})
_EXAMPLES = 12 if "CI" in os.environ else 4  # noqa: TID251 - nothing of the hub's


@dataclass(frozen=True, slots=True)
class Served:
    url: str
    headers: dict[str, str]
    known: dict[str, str]


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
        pytest.param(route, mode, id=f"{route.method} {route.path} {mode.value}")
        for route in ROUTES
        if route.path not in _GOING_ON
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        if mode is GenerationMode.POSITIVE or "body" in route.parameters
    ]


@pytest.mark.parametrize(("route", "mode"), cases())
def test_whatever_is_sent_is_answered_as_described(
    served: Served, route: Route, mode: GenerationMode
) -> None:
    send_all(served, route.path, route.method, mode)


@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [
        ("/", "POST", GenerationMode.POSITIVE),
        ("/", "POST", GenerationMode.NEGATIVE),
        ("/.well-known/agent-card.json", "GET", GenerationMode.POSITIVE),
        ("/agent/authenticatedExtendedCard", "GET", GenerationMode.POSITIVE),
    ],
)
def test_other_agents_are_answered_as_described(
    served: Served, path: str, method: str, mode: GenerationMode
) -> None:
    send_all(served, path, method, mode)


def send_all(served: Served, path: str, method: str, mode: GenerationMode) -> None:
    operation = SCHEMA[path][method]

    @given(case=operation.as_strategy(generation_mode=mode), is_known=booleans())
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any, is_known: bool) -> None:
        if is_known:
            case.path_parameters |= {
                name: served.known[name] for name in case.path_parameters if name in served.known
            }
        response = case.call(base_url=served.url, headers=served.headers, timeout=PATIENCE)
        assert response.status_code != 500, response.text
        case.validate_response(response, checks=CONFORMS)

    send()
