from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.running import running_hub

pytestmark = pytest.mark.anyio


async def test_a_key_that_asks_too_often_is_told_when_to_ask_again(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock, rate_limit=3) as hub:
        other = await hub.key()

        taken = [(await hub.api.get("/accounts")).status_code for _ in range(3)]
        refused = await hub.api.get("/accounts")
        mcp = await hub.api.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
        a2a = await hub.api.post("/", json={"jsonrpc": "2.0", "id": 1, "method": "tasks/get"})
        others = await hub.api.get("/accounts", auth=(other, ""))
        clock.advance(seconds=20)
        later = await hub.api.get("/accounts")

    assert taken == [200, 200, 200]
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "20"
    assert (mcp.status_code, a2a.status_code) == (429, 429)
    assert (others.status_code, later.status_code) == (200, 200)


async def test_a_stranger_uses_up_nobodys_requests(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock, rate_limit=1) as hub:
        strangers = [
            (await hub.api.get("/accounts", auth=("jf_sk_nobody", ""))).status_code
            for _ in range(5)
        ]

        assert strangers == [401] * 5
        assert (await hub.api.get("/accounts")).status_code == 200


async def test_without_a_limit_nothing_is_counted(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        statuses = {(await hub.api.get("/accounts")).status_code for _ in range(200)}

    assert statuses == {200}


@pytest.mark.parametrize(("calls", "status", "asked"), [(4, 200, 4), (5, 429, 0)])
async def test_each_call_of_a_batch_counts(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox, calls: int, status: int, asked: int
) -> None:
    # Linking takes one request with the key; what is left is for four calls.
    async with running_hub(sandbox, data_dir=data_dir, clock=clock, rate_limit=5) as hub:
        account = await hub.link()
        before = len(sandbox.us.requests)
        call = {"name": "iterable_list_channels", "arguments": {}}
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": call}
            for number in range(calls)
        ]

        response = await hub.api.post("/mcp", json=batch, headers={"x-account-id": account})
        spent = await hub.api.get("/accounts")

    assert (response.status_code, spent.status_code) == (status, 429)
    assert len(sandbox.us.requests) - before == asked
