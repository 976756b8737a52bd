"""A write that carries an `Idempotency-Key` is done once, however often it arrives."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.actions import service as actions
from jackfield.actions.models import RunRequest
from jackfield.idempotency import service as idempotency
from jackfield.idempotency.models import IdempotencyUnknown
from jackfield.idempotency.models import StoredResponse as Stored
from jackfield.idempotency.service import IdempotentRequest, run_once
from jackfield.kit.errors import ProviderError
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import OWNER, Running, running_hub
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database]

CREATE = {"action": "iterable_create_list", "body": {"name": "VIP"}}
SESSION = {**OWNER, "provider": "iterable"}


async def write(
    hub: Running,
    path: str,
    body: Any,
    *,
    key: str = "once",
    headers: Mapping[str, str] | None = None,
    **how: Any,
) -> httpx2.Response:
    sent = {"idempotency-key": key, **(headers or {})}
    return await hub.api.post(path, json=body, headers=sent, **how)


async def act(hub: Running, account_id: str, body: Any, *, key: str = "once") -> httpx2.Response:
    return await write(hub, "/actions/rpc", body, key=key, headers={"x-account-id": account_id})


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("jackfield.db*"))


async def sessions(hub: Running) -> int:
    return len((await hub.api.get("/jackfield/connect_sessions")).json()["data"])


async def test_the_same_request_with_the_same_key_gets_the_same_answer(hub: Running) -> None:
    first = await write(hub, "/connect_sessions", SESSION)
    second = await write(hub, "/connect_sessions", SESSION)
    other = await write(hub, "/connect_sessions", SESSION, key="another")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["content-type"] == "application/json"
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert other.json()["token"] != first.json()["token"]
    assert await sessions(hub) == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/connect_sessions", {**SESSION, "label": "another"}),
        ("/connect_sessions?a=b", SESSION),
        ("/connect_sessions/authenticate", SESSION),
    ],
)
async def test_another_request_with_the_same_key_is_refused(
    hub: Running, path: str, body: Any
) -> None:
    await write(hub, "/connect_sessions", SESSION)

    refused = await write(hub, path, body)

    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_mismatch")
    assert await sessions(hub) == 1


async def test_the_same_order_for_another_account_is_another_request(hub: Running) -> None:
    first = await hub.link()
    second = await hub.link(key=hub.eu_key, region="eu", origin_owner_id="globex")
    await act(hub, first, CREATE)

    refused = await act(hub, second, CREATE)

    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_mismatch")


async def test_another_api_key_is_not_given_an_answer_that_was_shown_once(hub: Running) -> None:
    body = {"url": "https://receiver.example/x", "events": ["account.created"]}
    headers = {"idempotency-key": "once"}
    other = (await hub.key(), "")

    first = await hub.api.post("/jackfield/webhooks", json=body, headers=headers)
    second = await hub.api.post("/jackfield/webhooks", json=body, headers=headers, auth=other)

    assert first.status_code == 201
    assert (second.status_code, second.json()["code"]) == (409, "idempotency_mismatch")
    assert "whsec_" not in second.text


async def test_a_key_means_nothing_in_another_project(hub: Running) -> None:
    theirs = await hub.key(project="theirs")
    await write(hub, "/connect_sessions", SESSION)

    answered = await write(hub, "/connect_sessions", OWNER, auth=(theirs, ""))

    assert answered.status_code == 201


async def test_changes_and_removals_are_done_once_too(hub: Running) -> None:
    account_id = await hub.link()
    path, headers = f"/accounts/{account_id}", {"idempotency-key": "gone"}

    first = await hub.api.delete(path, headers=headers)
    second = await hub.api.delete(path, headers=headers)
    without = await hub.api.delete(path)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert without.status_code == 404


async def test_reading_takes_no_notice_of_a_key(hub: Running) -> None:
    headers = {"idempotency-key": "read"}
    before = await hub.api.get("/jackfield/connect_sessions", headers=headers)
    await hub.session()

    after = await hub.api.get("/jackfield/connect_sessions", headers=headers)

    assert (len(before.json()["data"]), len(after.json()["data"])) == (0, 1)


@pytest.mark.parametrize("key", ["", "k" * 256, "schl\u00fcssel"])
async def test_a_key_that_is_none_is_refused(hub: Running, key: str) -> None:
    refused = await hub.api.post(
        "/connect_sessions",
        json=SESSION,
        headers=[(b"idempotency-key", key.encode("latin-1"))],
    )

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_idempotency_key")
    assert await sessions(hub) == 0


async def test_a_refused_request_leaves_its_key_free(hub: Running) -> None:
    refused = await write(hub, "/connect_sessions", {**SESSION, "expires_in": 1})
    mended = await write(hub, "/connect_sessions", SESSION)

    assert (refused.status_code, mended.status_code) == (422, 201)


async def test_a_key_can_be_used_anew_after_a_day(hub: Running, clock: FrozenClock) -> None:
    first = await write(hub, "/connect_sessions", SESSION)
    clock.advance(hours=23)
    second = await write(hub, "/connect_sessions", SESSION)
    clock.advance(hours=2)
    third = await write(hub, "/connect_sessions", SESSION)

    assert first.json()["token"] == second.json()["token"] != third.json()["token"]
    left = await hub.hub.db.unscoped("select owner_id from credentials where field = 'idempotency'")
    assert len(left) == 1


async def test_two_at_the_same_time_are_done_once(hub: Running) -> None:
    answers = await asyncio.gather(
        *(write(hub, "/connect_sessions", SESSION) for _ in range(8)),
    )

    told = {(each.status_code, each.json().get("code")) for each in answers}
    assert told <= {(201, None), (409, "idempotency_in_flight")}
    assert await sessions(hub) == 1


async def test_nothing_secret_of_a_request_or_answer_is_stored_in_clear(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        answer = await write(hub, "/connect_sessions", SESSION, key="a-key-of-their-own")
        again = await write(hub, "/connect_sessions", SESSION, key="a-key-of-their-own")
    stored = everything_in(data_dir)

    assert answer.json()["token"] == again.json()["token"]
    assert stored.count(b"idm_") > 0
    assert answer.json()["token"].encode() not in stored
    assert b"a-key-of-their-own" not in stored


@dataclass
class Provider:
    """A provider that lets an account be linked, and then does as it is told."""

    then: Answer
    orders: list[Seen] = field(default_factory=list[Seen])
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        if seen.line.startswith("POST /api/lists"):
            self.orders.append(seen)
            self.asked.set()
            await self.then(writer, seen)
        else:
            await reply('{"channels": [], "lists": []}')(writer, seen)


async def hang(_writer: asyncio.StreamWriter, _seen: Seen) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def behind(
    provider: Provider,
    sandbox: Sandbox,
    data_dir: Path,
    clock: FrozenClock,
    database_url: str | None = None,
) -> AsyncGenerator[Running]:
    async with (
        scripted(provider.answer) as server,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            provider=server.url,
            database_url=database_url,
        ) as hub,
    ):
        yield hub


async def test_an_action_is_run_once_and_answered_twice(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    provider = Provider(reply('{"listId": 7}'))
    async with behind(provider, sandbox, data_dir, clock) as hub:
        account = await hub.link(key="k" * 32)

        first, second = await act(hub, account, CREATE), await act(hub, account, CREATE)

    assert first.status_code == 200, first.text
    assert (first.content, len(provider.orders)) == (second.content, 1)


async def test_an_action_that_may_have_happened_is_not_run_again(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    provider = Provider(reply('{"msg": "fell over"}', status=500))
    async with behind(provider, sandbox, data_dir, clock) as hub:
        account = await hub.link(key="k" * 32)

        first = await act(hub, account, CREATE)
        asked = len(provider.orders)
        second = await act(hub, account, CREATE)

    assert first.status_code >= 500
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert len(provider.orders) == asked


async def test_an_action_the_provider_refused_may_be_sent_again_with_its_key(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    provider = Provider(reply('{"msg": "no"}', status=400))
    async with behind(provider, sandbox, data_dir, clock) as hub:
        account = await hub.link(key="k" * 32)
        refused = await act(hub, account, CREATE)
        provider.then = reply('{"listId": 7}')

        done = await act(hub, account, CREATE)

    assert (refused.status_code, done.status_code) == (502, 200)


async def test_an_action_that_was_interrupted_is_not_run_again_but_says_what_to_check(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox, hub_database_url: str | None
) -> None:
    provider = Provider(hang)
    async with behind(provider, sandbox, data_dir, clock, hub_database_url) as hub:
        account = await hub.link(key="k" * 32)
        order = asyncio.create_task(act(hub, account, CREATE))
        await provider.asked.wait()
        meanwhile = await act(hub, account, CREATE)
        order.cancel()
        await asyncio.wait({order})
    clock.advance(minutes=3)
    provider.then = reply('{"listId": 7}')
    async with behind(provider, sandbox, data_dir, clock, hub_database_url) as hub:
        headers = {"x-account-id": account}
        key = (await hub.key(), "")
        after = await write(hub, "/actions/rpc", CREATE, headers=headers, auth=key)

    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "idempotency_in_flight")
    assert meanwhile.headers["retry-after"] == "1"
    assert (after.status_code, after.json()["code"]) == (409, "unknown")
    assert "look at the provider" in after.json()["message"]
    assert len(provider.orders) == 1


async def test_an_answer_too_large_to_keep_is_not_made_a_second_time(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    provider = Provider(reply('{"listId": 7, "note": "' + "x" * 1_100_000 + '"}'))
    async with behind(provider, sandbox, data_dir, clock) as hub:
        account = await hub.link(key="k" * 32)
        proxied = {"method": "post", "path": "/api/lists", "body": {"name": "VIP"}}
        headers = {"x-account-id": account}

        first = await write(hub, "/unified/proxy", proxied, headers=headers)
        second = await write(hub, "/unified/proxy", proxied, headers=headers)

    assert first.status_code == 200, first.text
    assert (second.status_code, second.json()["code"]) == (409, "idempotency_answer_gone")
    assert len(provider.orders) == 1


async def test_a_request_that_a_fault_of_the_hub_broke_off_is_said_at_once_to_be_unknown(
    hub: Running,
) -> None:
    wanted = IdempotentRequest("once", b"POST /somewhere", "look there")

    async def break_off() -> Any:
        msg = "a fault of ours"
        raise RuntimeError(msg)

    def refuse(error: Exception) -> Any:
        raise error

    with pytest.raises(RuntimeError):
        await run_once(hub.hub, hub.project.id, TESTER, wanted, break_off, refuse=refuse)

    with pytest.raises(IdempotencyUnknown, match="look there"):
        await run_once(hub.hub, hub.project.id, TESTER, wanted, break_off, refuse=refuse)


async def test_work_that_no_request_asked_for_is_not_repeated_where_it_may_have_happened(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    provider = Provider(reply('{"msg": "fell over"}', status=500))
    async with behind(provider, sandbox, data_dir, clock) as hub:
        account = await hub.link(key="k" * 32)
        order = RunRequest("iterable_create_list", account, {"body": {"name": "VIP"}})

        async def work() -> Stored:
            await actions.run(hub.hub, hub.project.id, TESTER, order)
            raise AssertionError

        async def once() -> tuple[Stored, bool]:
            return await idempotency.run_once(
                hub.hub,
                hub.project.id,
                TESTER,
                IdempotentRequest("nightly", b"order", "look at the provider"),
                work,
                refuse=lambda error: Stored(error.status, error.code.encode()),
            )

        with pytest.raises(ProviderError):
            await once()
        asked = len(provider.orders)
        again = await once()

    assert again == (Stored(502, b"outcome_unknown"), True)
    assert len(provider.orders) == asked


async def test_the_answer_to_one_api_key_is_not_given_to_another(hub: Running) -> None:
    first = await write(hub, "/connect_sessions", SESSION)
    other = {"authorization": f"Bearer {await hub.key()}"}
    second = await write(hub, "/connect_sessions", SESSION, headers=other, auth=None)
    again = await write(hub, "/connect_sessions", SESSION)

    assert (second.status_code, second.json()["code"]) == (409, "idempotency_mismatch")
    assert first.json()["token"] not in second.text
    assert again.content == first.content
