import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jackfield.agents.a2a import app as a2a
from jackfield.asgi import build_app
from jackfield.sandbox.iterable.server import Sandbox
from tests.a2a.conftest import Ask, events, post, rpc, said
from tests.support.clock import FrozenClock
from tests.support.running import PATIENCE, Running, running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio


async def stream(hub: Running, account: str, *parts: Any, **more: Any) -> list[Any]:
    body = rpc("message/stream", said(*parts, **more))
    return events(await post(hub, body, x_account_id=account))


async def test_a_stream_tells_how_a_task_goes_on_and_ends(hub: Running) -> None:
    account = await hub.link()

    begun, working, artifact, done = await stream(
        hub, account, {"action": "iterable_list_channels"}
    )

    assert (begun["kind"], begun["status"]["state"]) == ("task", "submitted")
    assert (working["status"]["state"], working["final"]) == ("working", False)
    assert artifact["kind"] == "artifact-update"
    assert artifact["artifact"]["parts"][0]["data"]["data"]
    assert (done["status"]["state"], done["final"]) == ("completed", True)
    assert {each["taskId"] for each in (working, artifact, done)} == {begun["id"]}
    assert {each["contextId"] for each in (begun, working, artifact, done)} == {begun["contextId"]}


async def test_a_stream_of_a_task_that_fails_ends_with_the_reason(hub: Running) -> None:
    account = await hub.link()

    *_, last = await stream(hub, account, {"action": "iterable_get_list_size"})

    assert (last["status"]["state"], last["final"]) == ("failed", True)
    assert last["status"]["message"]["parts"][1]["data"]["code"] == "invalid_inputs"


async def test_a_text_is_answered_in_one_event(hub: Running) -> None:
    account = await hub.link()

    (message,) = await stream(hub, account, "list the channels")

    assert message["kind"] == "message"


async def test_a_stream_with_an_idempotency_key_tells_of_the_finished_task(
    hub: Running, run: Ask
) -> None:
    account = await hub.link()
    order = {"action": "iterable_create_list", "body": {"name": "Made once"}}
    keyed = {"metadata": {"jackfield/idempotency-key": "one-list"}}

    sent = await run(account, order, **keyed)
    (streamed,) = await stream(hub, account, order, **keyed)

    assert streamed == sent


async def test_what_cannot_be_streamed_is_said_in_the_stream(hub: Running) -> None:
    account = await hub.link()

    wrong = await post(hub, rpc("message/stream", {"message": 7}), x_account_id=account)
    gone = await post(hub, rpc("tasks/resubscribe", {"id": "t-1"}), x_account_id=account)

    assert [each.status_code for each in (wrong, gone)] == [200, 200]
    assert wrong.headers["content-type"].startswith("text/event-stream")
    assert '"code":-32602' in wrong.text
    assert '"code":-32001' in gone.text


CHANNELS = '{"channels": [{"id": 1, "name": "Promotions"}]}'
Heard = Callable[[bytes], None]


@asynccontextmanager
async def held_back(
    release: asyncio.Event, *, sandbox: Sandbox, data_dir: Path, clock: FrozenClock
) -> AsyncGenerator[tuple[Running, str]]:
    """Open a hub whose provider answers an action only after `release`; linking goes through."""
    # Whether the key is good, and whose account it is for.
    linking = [reply(CHANNELS)] * 2

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if linking:
            await linking.pop()(writer, seen)
            return
        await release.wait()
        await reply(CHANNELS)(writer, seen)

    async with (
        scripted(answer) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        yield hub, await hub.link(key="k" * 32)


async def listen(hub: Running, account: str, heard: Heard, hung_up: asyncio.Event) -> None:
    """Stream as a server would have it: each piece is heard when it is sent."""
    key = base64.b64encode(f"{await hub.key()}:".encode())
    order = said({"action": "iterable_list_channels"})
    messages = [{"type": "http.request", "body": json.dumps(rpc("message/stream", order)).encode()}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        heard(message.get("body", b""))

    headers = [(b"authorization", b"Basic " + key), (b"x-account-id", account.encode())]
    scope = {
        "type": "http", "asgi": {"spec_version": "2.3"}, "method": "POST", "path": "/",
        "query_string": b"", "headers": headers,
    }  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        await build_app(hub.hub)(scope, receive, send)


async def test_a_stream_that_has_nothing_to_tell_yet_stays_awake(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(a2a, "BEAT_SECONDS", 0.01)
    release, pieces = asyncio.Event(), list[bytes]()

    def heard(piece: bytes) -> None:
        pieces.append(piece)
        if piece.startswith(b":"):
            release.set()

    async with held_back(release, sandbox=sandbox, data_dir=data_dir, clock=clock) as (
        hub,
        account,
    ):
        await listen(hub, account, heard, asyncio.Event())

    told = b"".join(pieces)
    assert told.index(b'"working"') < told.index(b"\n: still working") < told.index(b'"completed"')


async def test_work_goes_on_when_the_client_hangs_up(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    release, hung_up = asyncio.Event(), asyncio.Event()

    def heard(piece: bytes) -> None:
        if b'"working"' in piece:
            hung_up.set()

    async with held_back(release, sandbox=sandbox, data_dir=data_dir, clock=clock) as (
        hub,
        account,
    ):
        await listen(hub, account, heard, hung_up)
        (work,) = (each for each in asyncio.all_tasks() if "run_aside" in repr(each.get_coro()))
        release.set()
        task = await asyncio.wait_for(asyncio.shield(work), PATIENCE)

    assert task["status"]["state"] == "completed"


async def test_an_event_is_one_line_for_clients_that_split_at_every_line_end(hub: Running) -> None:
    account = await hub.link()
    name = "a\u2028b\u2029c\u0085d"
    body = rpc("message/stream", said({"action": "iterable_list_channels"})) | {"id": name}

    response = await post(hub, body, x_account_id=account)

    told = [line for line in response.text.splitlines() if line]
    assert len(told) == 4
    assert {json.loads(line.removeprefix("data: "))["id"] for line in told} == {name}
