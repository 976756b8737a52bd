"""Every action of Iterable's connector, run by the hub against the sandbox."""

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
import msgspec
import pytest

from jackfield.sandbox.iterable.server import Sandbox, serve
from tests.connectors.test_iterable import ROUTES, Route
from tests.sandbox.examples import EXAMPLES
from tests.sandbox.test_routes import filled
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub

pytestmark = pytest.mark.anyio

# What the connector calls otherwise.
RENAMED = {"pageSize": "page_size", "limit": "page_size"}


@pytest.fixture
async def sandbox(clock: FrozenClock) -> AsyncGenerator[Sandbox]:
    async with serve(clock=clock) as running:
        yield running


@pytest.fixture
async def hub(data_dir: Path, clock: FrozenClock, sandbox: Sandbox) -> AsyncGenerator[Running]:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as running:
        yield running


async def test_each_does_its_work(hub: Running, clock: FrozenClock) -> None:
    account = await hub.link()
    failed: dict[str, str] = {}

    async with httpx2.AsyncClient(
        base_url=hub.sandbox.us.url, headers={"Api-Key": hub.us_key}
    ) as provider:
        for route in ROUTES:
            await provider.post("/__sandbox__/reset")
            example = EXAMPLES[f"{route.method} {route.path}"]
            given = placed(hub, route)
            for verb, place, body in example.before:
                assert (await provider.request(verb, place, json=body)).status_code < 300
            clock.advance(seconds=2 + example.wait)

            response = await hub.run(account, f"iterable_{route.action}", **given)

            if response.status_code != 200 or "data" not in response.json():
                failed[route.action] = response.text
    assert failed == {}


@pytest.mark.parametrize(
    ("action", "place"),
    [("get_user_by_email", "query"), ("get_user_by_email_path", "path")],
)
async def test_an_unknown_user_is_nothing_and_no_error(
    hub: Running, action: str, place: str
) -> None:
    account = await hub.link()

    response = await hub.run(
        account, f"iterable_{action}", **{place: {"email": "nobody@example.com"}}
    )

    assert (response.status_code, response.json()["data"]) == (200, None)


def placed(hub: Running, route: Route) -> dict[str, Any]:
    """Return the example of a route as an action's inputs."""
    example = EXAMPLES[f"{route.method} {route.path}"]
    project = hub.sandbox.us.project
    parts = urlsplit(filled(project, example.path or route.path))
    shape = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path)
    matched = re.fullmatch(shape, parts.path)
    assert matched
    action = hub.hub.catalog.get("iterable").find_action(f"iterable_{route.action}")
    assert action
    properties = action.schema["properties"]
    query = {
        name if name in properties else RENAMED.get(name, name): values
        for name, values in parse_qs(parts.query).items()
        if name not in {"page", "offset"}
    }
    return {
        "path": {name: unquote(value) for name, value in matched.groupdict().items()},
        "query": {
            name: values if properties[name].get("type") == "array" else values[0]
            for name, values in query.items()
        },
        "body": json.loads(filled(project, msgspec.json.encode(example.body or {}).decode())),
    }
