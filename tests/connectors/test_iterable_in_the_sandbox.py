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


@pytest.mark.slow
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


async def refuse(hub: Running, path: str, seconds: int) -> None:
    """Let Iterable refuse one request for now, and say in the body for how long."""
    params = {"rateLimitLimit": 100, "rateLimitRemaining": 0, "rateLimitReset": seconds}
    body = {"msg": "Exceeded rate limit", "code": "RateLimitExceeded", "params": params}
    fault = {"kind": "status", "status": 429, "path": path, "times": 1, "body": json.dumps(body)}
    async with httpx2.AsyncClient(base_url=hub.sandbox.us.url) as provider:
        added = await provider.post("/__sandbox__/faults", json=fault)
    assert added.status_code < 300, added.text


async def test_a_read_is_repeated_when_the_body_of_its_refusal_says(
    hub: Running, clock: FrozenClock
) -> None:
    account = await hub.link()
    await refuse(hub, "/api/channels", 3)
    before = clock()

    response = await hub.run(account, "iterable_list_channels")

    assert response.status_code == 200, response.text
    assert (clock() - before).total_seconds() == 3


async def test_an_absurd_wait_is_passed_on_as_one_of_a_day(
    hub: Running, clock: FrozenClock
) -> None:
    account = await hub.link()
    await refuse(hub, "/api/channels", 10**12)
    before = clock()

    response = await hub.run(account, "iterable_list_channels")

    assert (response.status_code, response.json()["code"]) == (429, "provider_rate_limited")
    assert response.headers["retry-after"] == "86400"
    assert clock() == before


async def test_a_write_beyond_the_rate_says_when_the_next_one_is_let_in(hub: Running) -> None:
    account = await hub.link()
    users = {"users": [{"email": "ada@example.com"}]}
    async with httpx2.AsyncClient(
        base_url=hub.sandbox.us.url, headers={"Api-Key": hub.us_key}
    ) as provider:
        for _ in range(5):
            taken = await provider.post("/api/users/bulkUpdate", json=users)
            assert taken.status_code == 200, taken.text
        refused = await provider.post("/api/users/bulkUpdate", json=users)

    response = await hub.run(account, "iterable_bulk_update_users", body=users)

    told = {"rateLimitLimit": 5, "rateLimitRemaining": 0, "rateLimitReset": 1}
    assert (refused.status_code, refused.json()["params"]) == (429, told)
    assert (response.status_code, response.headers["retry-after"]) == (429, "1")


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
