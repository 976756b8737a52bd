"""What goes wrong because it was asked for, and for whom."""

import asyncio
from collections.abc import Callable

import aiohttp
import pytest

from jackfield.kit.json import ValidationError
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import Caller
from tests.support.running import PATIENCE
from tests.support.timers import held

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]


def known(sandbox: OAuthSandbox, caller: Caller) -> Client:
    found = sandbox.authority.clients.get(caller.id)
    assert found is not None
    return found


def refresh_token(sandbox: OAuthSandbox, caller: Caller) -> str:
    pair = sandbox.grant(known(sandbox, caller))
    assert pair.refresh is not None
    return pair.refresh.value


async def test_a_fault_hits_one_endpoint_of_one_client_so_many_times(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller, other = client(), client()
    sandbox.add_fault(known(sandbox, caller), endpoint="token", status=503, times=2)

    statuses = [(await caller.token(grant_type="client_credentials")).status for _ in range(3)]

    assert statuses == [503, 503, 200]
    sandbox.add_fault(known(sandbox, caller), endpoint="token", status=503)
    assert (await other.token(grant_type="client_credentials")).status == 200
    assert (await caller.me("none")).status == 401


@pytest.mark.parametrize(
    ("fault", "content_type"),
    [
        ({"status": 502}, "text/html"),
        ({"status": 500, "body": "<p>Oops</p>"}, "text/html"),
        ({"status": 429, "body": "{}", "headers": {"Retry-After": "7"}}, "application/json"),
        ({"status": 400, "error": "invalid_grant"}, "application/json"),
        ({"status": 200, "body": "nothing", "content_type": "text/plain"}, "text/plain"),
    ],
    ids=str,
)
async def test_an_answer_may_be_anything(
    sandbox: OAuthSandbox, client: Make, fault: dict[str, object], content_type: str
) -> None:
    caller = client()
    sandbox.add_fault(known(sandbox, caller), **fault)

    answer = await caller.token(grant_type="client_credentials")

    assert answer.status == fault["status"]
    assert answer.headers["content-type"].startswith(content_type)
    assert "Retry-After" not in answer.headers or answer.headers["retry-after"] == "7"


async def test_a_refused_refresh_may_be_a_race_and_not_the_end(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client()
    token = refresh_token(sandbox, caller)
    sandbox.add_fault(known(sandbox, caller), endpoint="token", status=400, error="invalid_grant")

    assert (await caller.refresh(token)).error == "invalid_grant"
    assert (await caller.refresh(token)).status == 200


async def test_a_secret_may_be_echoed(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client()
    sandbox.add_fault(known(sandbox, caller), status=400, error="invalid_request", echo=True)

    refused = await caller.refresh("a-secret-token")

    assert "a-secret-token" in refused.text
    assert caller.basic()["Authorization"] in refused.text


@pytest.mark.parametrize(("kind", "generation"), [("reset", 0), ("lost", 1)])
async def test_a_connection_breaks_before_or_after_the_request_is_handled(
    sandbox: OAuthSandbox, client: Make, kind: str, generation: int
) -> None:
    caller = client()
    token = refresh_token(sandbox, caller)
    sandbox.add_fault(known(sandbox, caller), endpoint="token", kind=kind)

    with pytest.raises(aiohttp.ClientConnectionError):
        await caller.refresh(token)

    (family,) = sandbox.families(known(sandbox, caller))
    (entry,) = sandbox.requests(known(sandbox, caller), "token")
    assert family.generation == generation
    assert (entry.fault, entry.status) == (kind, 200 if generation else 0)


async def test_an_answer_may_come_late(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client()
    sandbox.add_fault(known(sandbox, caller), kind="delay", seconds=77)

    async with asyncio.timeout(PATIENCE):
        with held(77) as delays:
            asked = asyncio.create_task(caller.token(grant_type="client_credentials"))
            await delays.begun(1)
            was_answered = asked.done()
            delays.let_go()
            answer = await asked

    assert (was_answered, answer.status) == (False, 200)


async def test_a_fault_that_is_none_is_refused(sandbox: OAuthSandbox, client: Make) -> None:
    with pytest.raises(ValidationError):
        sandbox.add_fault(known(sandbox, client()), kind="sulk")
