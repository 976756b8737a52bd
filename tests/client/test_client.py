"""The hub's own client, in both forms, against a hub that listens on loopback."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.client import (
    AsyncHub,
    ClientError,
    File,
    Hub,
    Invalid,
    NotAllowed,
    NotFound,
    NotUsable,
    ProviderFailed,
    RateLimited,
    Result,
    Unauthenticated,
    Unreachable,
    exchange,
)
from jackfield.client.errors import refusal
from jackfield.projects import service as projects
from jackfield.projects.models import EVERY_SCOPE, Scope
from jackfield.runtime import Hub as RunningHub
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.actor import TESTER
from tests.support.running import serving_hub
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = pytest.mark.anyio

OWNER = {"origin_owner_id": "acme", "origin_owner_name": "Acme Inc."}


class Served:
    def __init__(self, hub: RunningHub, sandbox: Sandbox) -> None:
        self.hub, self.url, self.sandbox = hub, hub.public_url, sandbox

    async def key(self, scopes: frozenset[Scope] = EVERY_SCOPE) -> str:
        project = await projects.ensure_project(self.hub, TESTER)
        async with self.hub.db.write(project.id, TESTER) as tx:
            return (await projects.issue_key(tx, name="x", scopes=scopes)).token.reveal()

    async def link(self, client: AsyncHub, **terms: Any) -> str:
        session = await client.create_connect_session(provider="iterable", **{**OWNER, **terms})
        token = {"x-hub-session-token": session.token}
        offered = await client.request("GET", "/hub/connectors", headers=token)
        body = {
            "integration_id": offered["integrations"][0]["integration_id"],
            "credentials": {"api_key": self.sandbox.us.api_keys["server_side"], "region": "us"},
        }
        return (await client.request("POST", "/hub/accounts", body=body, headers=token))["id"]


@pytest.fixture
async def served(data_dir: Path, sandbox: Sandbox) -> AsyncGenerator[Served]:
    async with serving_hub(sandbox, data_dir=data_dir) as running:
        yield Served(running.hub, sandbox)


async def test_accounts_are_linked_listed_changed_and_deleted(served: Served) -> None:
    async with AsyncHub(served.url, await served.key()) as client:
        account_id = await served.link(client)
        account = await client.get_account(account_id)
        changed = await client.update_account(account_id, origin_username="ada")
        paused = await client.suspend_account(account_id)
        resumed = await client.resume_account(account_id)
        checked = await client.check_account(account_id)
        listed = [each.id async for each in client.accounts(providers=["iterable"])]
        none = [each async for each in client.accounts(statuses=["error"])]
        await client.delete_account(account_id)

        with pytest.raises(NotFound) as gone:
            await client.get_account(account_id)

    assert (account.provider_name, account.status) == ("Iterable", "active")
    assert account.created_at.tzinfo is not None
    assert changed.origin_username == "ada"
    assert [paused.status, resumed.status, checked.status] == ["suspended", "active", "active"]
    assert (listed, none) == ([account_id], [])
    assert gone.value.code == "account_not_found"
    assert gone.value.request_id.startswith("req_")


async def test_a_key_mints_one_that_may_do_less(served: Served) -> None:
    async with AsyncHub(served.url, await served.key()) as client:
        minted = await client.narrow_key(name="agent", effects=["read"], calls=2, minutes=5)
    async with AsyncHub(served.url, minted.key) as agent:
        minted_again = await agent.narrow_key()
        with pytest.raises(NotAllowed) as refused:
            await agent.request("GET", "/jackfield/project")

    assert (minted.effects, minted.calls_left, minted.name) == (("read",), 2, "agent")
    assert minted_again.parent_id == minted.id
    assert refused.value.code == "narrowed_key_refused"


async def test_a_customers_own_page_is_opened_by_a_link(served: Served) -> None:
    async with AsyncHub(served.url, await served.key()) as client:
        session = await client.create_portal_session(origin_owner_id="acme", allow=["pause"])

    assert session.url == f"{served.url}/portal/open?token={session.token}"
    assert session.allow == ("read", "pause")


async def test_actions_are_found_and_run_page_by_page(served: Served) -> None:
    async with AsyncHub(served.url, await served.key()) as client:
        account = await served.link(client)
        found = await client.search_actions("how big is a list", connector="iterable", top_k=3)
        connectors = [
            each async for each in client.connectors(keys=["iterable"], include=["action_details"])
        ]
        user = await client.run(
            "iterable_get_user_by_email",
            {"email": "avery.abbott@example.com"},
            account_id=account,
        )
        rows = [
            row
            async for row in client.run_pages(
                "iterable_list_campaigns", {"page_size": 3}, account_id=account
            )
        ]

    assert found[0].action_name == "iterable_get_list_size"
    assert len(found) == 3
    actions = {action.id: action for action in connectors[0].actions}
    assert actions["iterable_get_list_size"].input_schema is not None
    assert isinstance(user, Result)
    assert user.data["email"] == "avery.abbott@example.com"
    assert len(rows) == len({row["id"] for row in rows}) >= 12


async def test_the_client_that_waits_does_the_same(served: Served) -> None:
    key = await served.key()
    async with AsyncHub(served.url, key) as linking:
        account = await served.link(linking)

    def use() -> tuple[Any, ...]:
        with Hub(served.url, key) as hub:
            return (
                hub.get_account(account).status,
                [each.id for each in hub.accounts()],
                len(list(hub.connectors())),
                hub.search_actions("send an email", connector="iterable")[0].action_name,
                len(list(hub.run_pages("iterable_list_lists", account_id=account))),
            )

    status, accounts, connectors, found, lists = await asyncio.to_thread(use)

    assert (status, accounts, found) == ("active", [account], "iterable_send_email")
    assert connectors >= 1
    assert lists >= 1


async def test_each_refusal_is_an_error_of_its_own(served: Served) -> None:
    async with AsyncHub(served.url, await served.key()) as client:
        account = await served.link(client)
        with pytest.raises(Invalid) as inputs:
            await client.run("iterable_get_list_size", {"listId": "many"}, account_id=account)
        with pytest.raises(ProviderFailed) as provider:
            await client.run("iterable_get_list_size", {"listId": 999_999}, account_id=account)
        await client.suspend_account(account)
        with pytest.raises(NotUsable):
            await client.run("iterable_list_lists", account_id=account)
    async with AsyncHub(served.url, "jf_sk_wrong") as stranger:
        with pytest.raises(Unauthenticated):
            await stranger.get_account(account)
    limited = await served.key(frozenset({Scope.ACCOUNTS_READ}))
    async with AsyncHub(served.url, limited) as reader:
        with pytest.raises(NotAllowed):
            await reader.suspend_account(account)

    assert inputs.value.faults[0].path == "path.listId"
    assert provider.value.code == "provider_rejected"
    assert provider.value.provider_errors[0]["status"] == 400


def turns(*answers: Answer) -> Answer:
    waiting = list(answers)

    async def take(writer: asyncio.StreamWriter, seen: Any) -> None:
        await (waiting.pop(0) if len(waiting) > 1 else waiting[0])(writer, seen)

    return take


LATER = {
    "content-type": "application/json",
    "retry-after": "0.01",
    "content-length": "40",
    "connection": "close",
}
SLOW_DOWN = '{"code":"rate_limited","message":"wait"}'


async def test_a_request_is_sent_again_as_it_was_when_the_hub_says_so() -> None:
    busy = reply(SLOW_DOWN, status=429, headers=LATER)
    async with (
        scripted(turns(busy, busy, reply('{"data": {"id": 1}}'))) as hub,
        AsyncHub(hub.url, "jf_sk_x") as client,
    ):
        result = await client.run("acme_create_user", account_id="acc_1")

    keys = [seen.headers["idempotency-key"] for seen in hub.seen]
    assert isinstance(result, Result)
    assert result.data == {"id": 1}
    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_it_is_not_sent_for_ever() -> None:
    async with (
        scripted(reply(SLOW_DOWN, status=429, headers=LATER)) as hub,
        AsyncHub(hub.url, "jf_sk_x", retries=1) as client,
    ):
        with pytest.raises(RateLimited) as error:
            await client.get_account("acc_1")

    assert len(hub.seen) == 2
    assert error.value.retry_after == 0.01


def test_a_wait_of_nothing_is_no_reason_to_ask_again_at_once() -> None:
    target = exchange.Target("https://hub.test", "jf_sk_x", seconds=1, retries=3)
    waits = [
        exchange.wait_before_retry(
            refusal({"code": "rate_limited"}, status=429, retry_after=said),
            attempt=1,
            target=target,
        )
        for said in (0.0, 2.0, 61.0)
    ]

    assert waits == [1.0, 2.0, None]


async def test_a_refusal_that_trying_again_cannot_mend_comes_at_once() -> None:
    refused = reply('{"code": "internal", "message": "no"}', status=500)
    async with scripted(refused) as hub, AsyncHub(hub.url, "jf_sk_x") as client:
        with pytest.raises(ClientError):
            await client.get_account("acc_1")

    assert len(hub.seen) == 1


async def test_bytes_come_as_a_file_with_its_name() -> None:
    headers = {
        "content-type": "application/pdf",
        "content-disposition": "attachment; filename*=UTF-8''pay%20slip.pdf",
        "content-length": "4",
        "connection": "close",
    }
    async with (
        scripted(reply(b"%PDF", headers=headers)) as hub,
        AsyncHub(hub.url, "jf_sk_x") as client,
    ):
        file = await client.run("acme_download", account_id="acc_1")

    assert file == File(b"%PDF", "application/pdf", "pay slip.pdf")


@pytest.mark.parametrize(
    "answer", [reply("<html>hello</html>", status=502), reply("[]", status=404)]
)
async def test_what_is_no_hub_is_said_to_be_none(answer: Answer) -> None:
    async with scripted(answer) as other, AsyncHub(other.url, "jf_sk_x", retries=0) as client:
        with pytest.raises(Unreachable, match="no hub"):
            await client.get_account("acc_1")


async def test_nothing_at_the_address_is_unreachable() -> None:
    async with AsyncHub("http://127.0.0.1:1", "jf_sk_x", retries=0) as client:
        with pytest.raises(Unreachable, match="no hub answers"):
            await client.get_account("acc_1")
    with Hub("http://127.0.0.1:1", "jf_sk_x", retries=0) as hub, pytest.raises(Unreachable):
        hub.get_account("acc_1")


def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JACKFIELD_API_KEY", raising=False)

    with pytest.raises(ClientError, match="JACKFIELD_API_KEY"):
        Hub("http://127.0.0.1:1")


def test_importing_the_client_that_waits_is_quick() -> None:
    code = "import sys; before = {*sys.modules}; import jackfield.client; print(*{*sys.modules} - before)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    imported = ran.stdout.split()
    theirs = {each.partition(".")[0] for each in imported} - sys.stdlib_module_names
    # What takes time is how much is imported, and libraries most of all.
    assert theirs <= {"jackfield", "msgspec", "typing_extensions"}
    assert len(imported) < 200


async def test_a_write_whose_answer_was_lost_is_sent_again_and_done_once(served: Served) -> None:
    keys: list[str] = []

    async def lose_the_first(writer: asyncio.StreamWriter, seen: Seen) -> None:
        method, path, _ = seen.line.split()
        kept = ("authorization", "content-type", "idempotency-key")
        headers = {name: seen.headers[name] for name in kept}
        async with httpx2.AsyncClient() as http:
            answer = await http.request(
                method, served.url + path, content=seen.body, headers=headers
            )
        keys.append(headers["idempotency-key"])
        if len(keys) > 1:
            await reply(answer.content, status=answer.status_code)(writer, seen)

    key = await served.key()
    async with scripted(lose_the_first) as between, AsyncHub(between.url, key) as client:
        session = await client.create_connect_session(**OWNER)

    async with AsyncHub(served.url, key) as client:
        made = await client.request("GET", "/jackfield/connect_sessions")
    assert session.token
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert len(made["data"]) == 1
