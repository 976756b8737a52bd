"""Credentials of an account that ends die at the provider, and its answer says so."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest

from jackfield.accounts.identity import keep_identity
from jackfield.accounts.revocation import requests, service
from jackfield.kit.secret_names import MASK
from jackfield.worker.revocations import finish_interrupted
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import HubWith, Running
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database]

KEY = "k-123456789"
REFUSED = reply('{"error": "key_revoked"}', status=401)
ACME = """
StackOne: 1.0.0
engine: strict
info: {{title: Acme, key: acme, version: 1.0.0, description: Things.}}
baseUrl: {url}
authentication:
  - key:
      type: custom
      label: Key
      authorization: {{type: bearer, token: $.credentials.key}}
      configFields: [{{key: key, label: Key, type: password, required: true, secret: true}}]
      testActions: [{{action: me}}]
      identity: {{action: me, values: $.output.id}}
{revocation}
actions:
  - {{actionId: me, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: get, url: /me}}}}}}], result: {{data: $.steps.ask.output.data}}}}
  - {{actionId: revoke, actionType: custom, effects: [delete], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: delete, url: /key}}}}}}], result: $.steps.ask.output.data}}
"""
BY_ACTION = "      revocation: {action: revoke}"
SHARED = "      revocation: {action: revoke, sharedGrant: true}"


@dataclass
class Provider:
    """Knows keys until they are revoked; answers a revocation with `answer` instead, if it is set."""

    revoked: list[str] = field(default_factory=list[str])
    answer: Answer | None = None
    forgets: bool = True
    calls_users_by_key: bool = False

    async def __call__(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        key = seen.headers.get("authorization", "").removeprefix("Bearer ")
        if self.forgets and key in self.revoked:
            await REFUSED(writer, seen)
        elif "DELETE /key" in seen.line:
            if self.answer is not None:
                await self.answer(writer, seen)
                return
            self.revoked.append(key)
            await reply("", status=204)(writer, seen)
        else:
            name = key if self.calls_users_by_key else "user-1"
            await reply(f'{{"id": "{name}"}}')(writer, seen)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def acme(
    request: pytest.FixtureRequest,
    hub_with: HubWith,
    provider: Provider,
) -> AsyncGenerator[Running]:
    revocation = getattr(request, "param", BY_ACTION)
    async with scripted(provider) as server:
        text = ACME.format(url=server.url, revocation=revocation)
        async with hub_with({"acme": text}) as hub:
            yield hub


async def delete(hub: Running, account_id: str) -> dict[str, Any]:
    answer = await hub.api.delete(f"/accounts/{account_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def leftovers(hub: Running) -> list[Any]:
    tables = ("accounts", "credentials", "revocations", "account_checks")
    rows = [row for each in tables for row in await hub.hub.db.unscoped(f"select * from {each}")]
    # A webhook has a secret of its own.
    return [row for row in rows if not row.get("owner_id", "").startswith("whe_")]


async def interrupt(hub: Running, account_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process die while it deletes an account, before it has heard of the revocation."""

    async def die(*_: object) -> None:
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(service, "revoke", die)
        with pytest.raises(_Killed):
            await service.delete(hub.hub, hub.project.id, TESTER, account_id)


class _Killed(BaseException):
    pass


async def test_a_deleted_accounts_key_is_revoked_and_that_is_proved_and_told(
    acme: Running, provider: Provider, receiver: Receiver, log_lines: io.StringIO
) -> None:
    await subscribe(acme, receiver.url, ["account.deleted"])
    account_id = await acme.link_to("acme", {"key": KEY})

    deleted = await delete(acme, account_id)

    await deliver(acme)
    assert provider.revoked == [KEY]
    assert (deleted["status"], deleted["revocation"]["result"]) == ("active", "revoked")
    assert deleted["revocation"]["proved"] is True
    assert receiver.told[0]["revocation"] == deleted["revocation"]
    assert await leftovers(acme) == []
    (line,) = [json.loads(each) for each in log_lines.getvalue().splitlines() if "_ended" in each]
    assert (line["revocation"], line["proved"]) == ("revoked", True)
    assert KEY not in log_lines.getvalue()


async def test_what_is_said_to_be_revoked_and_still_works_is_not_proved(
    acme: Running, provider: Provider
) -> None:
    provider.forgets = False

    ended = (await delete(acme, await acme.link_to("acme", {"key": KEY})))["revocation"]

    assert (ended["result"], ended["proved"]) == ("revoked", False)


@pytest.mark.parametrize(
    ("acme", "is_lost", "result"),
    [("", False, "unsupported"), (BY_ACTION, True, "not_applicable")],
    indirect=["acme"],
)
async def test_an_account_without_a_way_to_revoke_says_so(
    acme: Running, provider: Provider, is_lost: bool, result: str
) -> None:
    account_id = await acme.link_to("acme", {"key": KEY})
    if is_lost:
        await acme.hub.db.unscoped("delete from credentials where field = 'key'")

    ended = (await delete(acme, account_id))["revocation"]

    assert (ended["result"], ended["proved"], provider.revoked) == (result, False, [])
    assert await leftovers(acme) == []


async def _silence(_writer: asyncio.StreamWriter, _seen: Seen) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("answer", [reply(status=500), reply(status=403), _silence])
async def test_a_provider_that_does_not_revoke_keeps_no_account_from_being_deleted(
    acme: Running, provider: Provider, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await acme.link_to("acme", {"key": KEY})
    provider.answer = answer
    monkeypatch.setattr(requests, "_SECONDS", 0.2)

    ended = (await delete(acme, account_id))["revocation"]

    assert (ended["result"], ended["proved"]) == ("failed", False)
    assert await leftovers(acme) == []


async def test_an_account_suspended_for_good_can_only_be_linked_again(
    acme: Running, provider: Provider
) -> None:
    account_id = await acme.link_to("acme", {"key": KEY})

    suspended = await acme.api.post(f"/jackfield/accounts/{account_id}/suspend?revoke=true")
    kept = [row["owner_id"] for row in await acme.hub.db.unscoped("select * from credentials")]
    resumed = await acme.api.post(f"/jackfield/accounts/{account_id}/resume")
    again = await acme.link_to("acme", {"key": "k-987654321"})

    assert (suspended.status_code, provider.revoked) == (200, [KEY])
    body = suspended.json()
    assert (body["status"], body["revocation"]["result"]) == ("suspended", "revoked")
    assert body["status_reasons"][0]["code"] == "credentials_erased"
    assert account_id not in kept
    assert (resumed.json()["status"], resumed.json()["reconnect"] is None) == ("error", False)
    assert again == account_id
    assert (await acme.run(account_id, "acme_me")).status_code == 200


@pytest.mark.parametrize("acme", [SHARED], indirect=True)
async def test_a_shared_grant_is_revoked_with_the_last_of_its_accounts(
    acme: Running, provider: Provider
) -> None:
    linked = [
        await acme.link_to("acme", {"key": f"{KEY}{owner}"}, origin_owner_id=owner)
        for owner in ("a", "b")
    ]

    results = [(await delete(acme, each))["revocation"]["result"] for each in linked]

    assert (results, provider.revoked) == (["not_applicable", "revoked"], [f"{KEY}b"])


@pytest.mark.parametrize("acme", [SHARED], indirect=True)
async def test_accounts_that_are_called_by_their_secrets_are_not_taken_for_one(
    acme: Running, provider: Provider
) -> None:
    provider.calls_users_by_key = True
    first, _ = [
        await acme.link_to("acme", {"key": f"{KEY}{owner}"}, origin_owner_id=owner)
        for owner in ("a", "b")
    ]

    revocation = (await delete(acme, first))["revocation"]

    assert (revocation["result"], provider.revoked) == ("failed", [])
    assert "Nothing tells whether another account" in str(revocation)


async def test_an_account_that_was_stored_as_called_by_its_secret_gets_another_one(
    acme: Running, provider: Provider
) -> None:
    provider.calls_users_by_key = True
    account_id = await acme.link_to("acme", {"key": f"{KEY}a"})
    async with acme.hub.db.write(acme.project.id, TESTER) as tx:
        # As versions did that took what is masked for an identity.
        await keep_identity(tx, acme.hub.vault, account_id, frozenset({f"/{MASK}"}))

    body = {"credentials": {"key": f"{KEY}b"}}
    replaced = await acme.api.patch(f"/accounts/{account_id}", json=body)

    assert replaced.status_code == 200, replaced.text


async def test_a_deletion_whose_process_died_is_finished_by_the_worker(
    acme: Running, provider: Provider, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await acme.link_to("acme", {"key": KEY})
    await interrupt(acme, account_id, monkeypatch)

    shown = (await acme.api.get(f"/accounts/{account_id}")).json()["status"]
    at_it = await acme.api.delete(f"/accounts/{account_id}")
    await finish_interrupted(acme.hub)
    too_early = list(provider.revoked)
    clock.advance(minutes=2)
    await finish_interrupted(acme.hub)

    assert (shown, at_it.json()["code"]) == ("suspended", "revocation_under_way")
    assert (at_it.status_code, too_early) == (409, [])
    assert provider.revoked == [KEY]
    assert await leftovers(acme) == []


async def test_what_was_revoked_before_the_process_died_is_not_called_a_failure(
    acme: Running, provider: Provider, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await acme.link_to("acme", {"key": KEY})
    await interrupt(acme, account_id, monkeypatch)
    provider.revoked.append(KEY)
    clock.advance(minutes=2)

    ended = (await delete(acme, account_id))["revocation"]

    assert (ended["result"], ended["proved"]) == ("revoked", True)


@pytest.mark.parametrize("ending", ["suspend", "delete"])
async def test_a_new_link_is_not_ended_by_what_was_begun_before(
    acme: Running, ending: str, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await acme.link_to("acme", {"key": KEY})
    await interrupt(acme, account_id, monkeypatch)
    await acme.hub.db.unscoped("update revocations set ending = :ending", ending=ending)
    await acme.link_to("acme", {"key": "k-987654321"})
    clock.advance(minutes=2)

    await finish_interrupted(acme.hub)

    assert (await acme.run(account_id, "acme_me")).status_code == 200
    assert await acme.hub.db.unscoped("select * from revocations") == []
