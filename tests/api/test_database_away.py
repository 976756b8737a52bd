"""A database that is away, on each way in, and comes back."""

import asyncio
import io
import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.support import postgres
from tests.support.clock import FrozenClock
from tests.support.running import OWNER, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_database_that_is_away_is_503_everywhere_and_used_again_once_it_is_back(
    sandbox: Sandbox, data_dir: Path, clock: FrozenClock, log_lines: io.StringIO
) -> None:
    with ExitStack() as stack:
        server = await asyncio.to_thread(stack.enter_context, postgres.stoppable())
        async with running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            database_url=f"{server.url}/jackfield_template",
        ) as hub:
            session = await hub.session()
            account = await hub.link()
            await asyncio.to_thread(server.stop)
            log_lines.truncate(0)

            page = f"/embedded/integrations?token={session['token']}"
            token = {"x-hub-session-token": session["token"]}
            account_id = {"x-account-id": account}
            clock.advance(seconds=60)
            hub.hub.cache.drop(hub.project.id)
            answers = {
                "ready": await hub.api.get("/readyz"),
                "accounts": await hub.api.get("/accounts"),
                "write": await hub.api.post("/connect_sessions", json={}),
                "session": await hub.api.get("/hub/connectors", headers=token),
                "run": await hub.run(account, "iterable_list_lists"),
                "mcp": await hub.api.post("/mcp", json={"method": "ping"}, headers=account_id),
                "a2a": await hub.api.post("/", json={"method": "x"}, headers=account_id),
                "page": await hub.api.get(page, auth=None),
            }
            alive = await hub.api.get("/healthz")

            await asyncio.to_thread(server.start, port=server.port)
            again = [
                await hub.api.get("/readyz"),
                await hub.run(account, "iterable_list_lists"),
                await hub.api.post("/connect_sessions", json=OWNER),
            ]

    assert {name: each.status_code for name, each in answers.items()} == dict.fromkeys(answers, 503)
    assert {each.headers["retry-after"] for each in answers.values()} == {"2"}
    assert alive.status_code == 200
    assert [each.status_code for each in again] == [200, 200, 201]
    events = [json.loads(line)["event"] for line in log_lines.getvalue().strip("\0").splitlines()]
    assert not {"request_crashed", "page_crashed"} & {*events}
