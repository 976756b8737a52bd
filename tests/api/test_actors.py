"""The log says of each change who made it."""

import asyncio
from collections.abc import Generator
from pathlib import Path

import pytest
import structlog
from structlog.typing import EventDict

from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import PUBLIC_URL, Running, running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio


@pytest.fixture
def logged() -> Generator[list[EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


async def test_an_account_is_linked_by_a_connect_session_and_changed_by_an_api_key(
    hub: Running, logged: list[EventDict]
) -> None:
    session = await hub.session()
    credentials = {"api_key": hub.us_key, "region": "us"}
    account = (await hub.submit(session["token"], credentials)).json()["id"]
    await hub.api.patch(f"/accounts/{account}", json={"label": "EU"})

    (key,) = await hub.hub.db.unscoped("select id from api_keys")
    assert _changes(logged) == [
        ("account.created", account, f"connect_session:{session['id']}"),
        ("account.updated", account, f"api_key:{key['id']}"),
    ]


async def test_an_account_is_deleted_by_a_dashboard_session(
    hub: Running, logged: list[EventDict]
) -> None:
    account = await hub.link()
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    hub.api.auth = None
    path, _, token = link.partition("?token=")
    from_here = {"origin": PUBLIC_URL}
    signed_in = await hub.api.post(path, data={"token": token}, headers=from_here)
    await hub.api.post(f"/dashboard/accounts/{account}/delete", headers=from_here)

    _, (what, whose, actor) = _changes(logged)
    token = signed_in.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert (what, whose) == ("account.deleted", account)
    assert actor.startswith("dashboard_session:")
    assert token not in actor


async def test_a_tools_call_that_breaks_an_account_is_an_agents(
    data_dir: Path, clock: FrozenClock, sandbox: object, logged: list[EventDict]
) -> None:
    answers = [reply('{"channels": []}')]
    tool = {"name": "iterable_list_channels", "arguments": {}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": tool}

    async def switch(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await answers[-1](writer, seen)

    async with (
        scripted(switch) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account = await hub.link(key="k" * 32)
        answers.append(reply(status=401))
        await hub.api.post("/mcp", headers={"x-account-id": account}, json=message)
        (key,) = await hub.hub.db.unscoped("select id from api_keys")

    assert _changes(logged)[1:] == [
        (event, account, f"agent:{key['id']} (mcp)")
        for event in ("account.updated", "account.needs_relink")
    ]


def _changes(logged: list[EventDict]) -> list[tuple[str, str, str]]:
    return [
        (line["type"], line["subject"], line["actor"])
        for line in logged
        if line["event"] == "event_added" and line["type"].startswith("account.")
    ]
