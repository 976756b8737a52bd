"""Revoking many accounts: each is suspended first, revoked once, and what became of it is proved."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest

from jackfield.accounts.access import load
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.jobs import revocations
from jackfield.accounts.jobs.models import AccountJob
from jackfield.accounts.jobs.repo import REVOCATIONS, AccountJobs, claim
from jackfield.accounts.jobs.revocation_report import ReportBroken, read_report, write_report
from jackfield.accounts.jobs.revoked_account import FoundAccount, store
from jackfield.db.tx import Tx
from jackfield.kit.ids import AccountId
from tests.api.test_account_jobs import press
from tests.api.test_dashboard import sign_in
from tests.api.test_revocation import ACME, BY_ACTION, SHARED
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import HubWith, Running
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database]

PLACE = "/jackfield/revocations"
REFUSED = reply('{"error": "key_revoked"}', status=401)


@dataclass
class Provider:
    """Knows keys until they are revoked; what is asked of it, and what it answers to a revocation."""

    hub: Running | None = None
    revoked: list[str] = field(default_factory=list[str])
    asked: list[str] = field(default_factory=list[str])
    answers: list[Answer] = field(default_factory=list[Answer])
    is_away: bool = False
    kills: str | None = None

    async def __call__(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        key = seen.headers.get("authorization", "").removeprefix("Bearer ")
        is_revocation = "DELETE /key" in seen.line
        if is_revocation:
            self.asked.append(key)
        if self.is_away:
            await reply("", status=503)(writer, seen)
        elif key in self.revoked:
            await REFUSED(writer, seen)
        elif is_revocation and self.answers:
            await self.answers.pop(0)(writer, seen)
        elif is_revocation:
            self.revoked.append(key)
            await reply("", status=204)(writer, seen)
        else:
            # Who it is, without the secret, which nothing that is kept would show.
            await reply(f'{{"id": "user-{key.split("-")[1]}"}}')(writer, seen)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def acme(
    request: pytest.FixtureRequest, hub_with: HubWith, provider: Provider
) -> AsyncGenerator[Running]:
    revocation = getattr(request, "param", BY_ACTION)
    async with scripted(provider) as server:
        text = ACME.format(url=server.url, revocation=revocation)
        async with hub_with({"acme": text}) as hub:
            yield hub


def key_of(number: int) -> str:
    return f"key-{number}-123456"


async def link(hub: Running, number: int, **wanted: str) -> str:
    wanted = {"origin_owner_id": f"c{number}"} | wanted
    return await hub.link_to("acme", {"key": key_of(number)}, **wanted)


async def begin(hub: Running, **chosen: Any) -> dict[str, Any]:
    answer = await hub.api.post(PLACE, json=chosen)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def found(hub: Running, job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = await hub.api.get(f"{PLACE}/{job['id']}/accounts")
    return {each["account_id"]: each for each in answer.json()["data"]}


async def account(hub: Running, account_id: str) -> dict[str, Any]:
    return (await hub.api.get(f"/accounts/{account_id}")).json()


async def test_accounts_are_suspended_then_revoked_and_their_death_is_proved_and_signed(
    acme: Running, provider: Provider, receiver: Receiver
) -> None:
    await subscribe(acme, receiver.url, ["account.revoked"])
    one, two = await link(acme, 1), await link(acme, 2)

    job = await begin(acme, provider="acme", expected=2)
    await revocations.work_off(acme.hub)

    done = (await acme.api.get(f"{PLACE}/{job['id']}")).json()
    assert (done["status"], done["counts"]) == ("done", {"dead": 2})
    items = await found(acme, job)
    assert {each["verdict"] for each in items.values()} == {"dead"}
    assert sorted(provider.asked) == sorted(provider.revoked)
    assert len(provider.asked) == 2
    shown = await account(acme, one)
    assert (shown["status"], shown["status_reasons"][0]["code"]) == (
        "suspended",
        "credentials_erased",
    )
    await deliver(acme)
    assert {each["account_id"] for each in receiver.told} == {one, two}
    assert receiver.told[0]["revocation"]["verdict"] == "dead"

    report = (await acme.api.get(f"{PLACE}/{job['id']}/report")).content
    keys = acme.hub.vault.audit_keys.public_keys()
    read = read_report(report, keys)
    assert (read.header.counts["dead"], {each.account for each in read.accounts}) == (2, {one, two})
    for broken in (report.replace(b'"dead"', b'"seen"'), report[:-20], report + b"{}\n"):
        with pytest.raises(ReportBroken):
            read_report(broken, keys)
    with pytest.raises(ReportBroken):
        read_report(report, dict.fromkeys(keys, "00" * 32))


async def test_no_call_runs_from_the_moment_the_first_provider_is_asked(
    acme: Running, provider: Provider
) -> None:
    ids = [await link(acme, each) for each in range(3)]
    refused: list[int] = []

    async def tries(writer: asyncio.StreamWriter, seen: Seen) -> None:
        refused.extend([(await acme.run(each, "acme_me")).status_code for each in ids])
        await reply("", status=204)(writer, seen)

    provider.answers = [tries]
    await begin(acme, all=True, expected=3)
    await revocations.work_off(acme.hub)

    assert refused == [412] * 3


async def test_a_key_that_still_works_has_survived_and_stays_here_to_be_tried_again(
    acme: Running, provider: Provider
) -> None:
    one = await link(acme, 1)
    provider.answers = [reply("", status=204)]

    job = await begin(acme, account_ids=[one], expected=1)
    await revocations.work_off(acme.hub)

    item = (await found(acme, job))[one]
    assert (item["verdict"], item["revocation"], item["proved_by"]) == (
        "survived",
        "revoked",
        "test_action",
    )
    assert item["by_hand"]["guide"].endswith("/docs/connectors/acme/guides/link-account/key")
    assert (await account(acme, one))["status_reasons"][0]["code"] == "revocation_survived"
    again = await begin(acme, account_ids=[one], expected=1)
    await revocations.work_off(acme.hub)
    assert (await found(acme, again))[one]["verdict"] == "dead"


async def test_a_provider_that_fails_is_asked_again_only_while_the_key_lives(
    acme: Running, provider: Provider
) -> None:
    one = await link(acme, 1)
    provider.answers = [reply("", status=503)]

    job = await begin(acme, account_ids=[one], expected=1)
    await revocations.work_off(acme.hub)

    assert (await found(acme, job))[one]["verdict"] == "dead"
    assert len(provider.asked) == 2


async def test_of_a_provider_that_is_away_nothing_is_known(
    acme: Running, provider: Provider
) -> None:
    one = await link(acme, 1)
    provider.is_away = True

    job = await begin(acme, account_ids=[one], expected=1)
    await revocations.work_off(acme.hub)

    item = (await found(acme, job))[one]
    assert item["verdict"] == "unknown"
    assert len(provider.asked) == 1
    assert (await account(acme, one))["status_reasons"][0]["code"] == "revocation_unproved"


@pytest.mark.parametrize("is_revoked", [True, False])
async def test_what_a_killed_process_began_is_proved_before_it_is_asked_again(
    acme: Running,
    provider: Provider,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    is_revoked: bool,
) -> None:
    ids = [await link(acme, each) for each in range(2)]
    if not is_revoked:
        provider.answers = [reply("", status=500), reply("", status=500)]
    job = await begin(acme, all=True, expected=2)

    async def die(*_: object) -> bool:
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(revocations, "store", die)
        await revocations.work_off(acme.hub)
    assert (await acme.api.get(f"{PLACE}/{job['id']}")).json()["status"] == "running"
    asked = len(provider.asked)
    clock.advance(seconds=120)
    await revocations.work_off(acme.hub)

    assert {each["verdict"] for each in (await found(acme, job)).values()} == {"dead"}
    assert asked >= 2
    assert len(provider.asked) == (2 if is_revoked else asked)
    assert len(ids) == 2


async def test_what_was_found_of_many_is_stored_and_recorded_for_each_of_them(
    acme: Running, provider: Provider, clock: FrozenClock
) -> None:
    # The customer's id is the account's own secret: no record may have it.
    keys = {await link(acme, each, origin_owner_id=key_of(each)): key_of(each) for each in range(8)}
    provider.answers = [reply("", status=204)] * 2
    # Changes of one moment have no order among transactions.
    clock.advance(seconds=1)

    job = await begin(acme, all=True, expected=8)
    await revocations.work_off(acme.hub)

    found_of = await found(acme, job)
    survived = {id_ for id_, each in found_of.items() if each["verdict"] == "survived"}
    assert {keys[each] for each in found_of if each not in survived} == set(provider.revoked)
    assert len(survived) == 2
    logged = await acme.api.get("/jackfield/audit", params={"query": "kind:account.revoked"})
    records = {each["target"]: each for each in logged.json()["data"]}
    assert records.keys() == keys.keys()
    for id_, record in records.items():
        verdict = "survived" if id_ in survived else "dead"
        assert (record["details"]["verdict"], keys[id_] in str(record)) == (verdict, False)
        async with acme.hub.db.read(acme.project.id) as tx:
            changes = await AccountHistory(tx).newest(AccountId(id_), most=1)
            access = await load(tx, acme.hub, id_)
        assert changes[0].detail.startswith(f"{verdict}: ")
        assert bool(access.secrets.fields) == (id_ in survived)


async def test_an_account_that_cannot_be_stored_keeps_no_other_from_it(
    acme: Running, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await link(acme, each) for each in range(6)]
    job = await begin(acme, all=True, expected=6)

    async def fail_for_one(tx: Tx, job: AccountJob, found: list[FoundAccount]) -> object:
        if ids[0] in {each.id for each in found}:
            raise _Killed
        return await store(tx, job, found)

    with monkeypatch.context() as patch:
        patch.setattr(revocations, "store", fail_for_one)
        await revocations.work_off(acme.hub)
    verdicts = {id_: each["verdict"] for id_, each in (await found(acme, job)).items()}
    assert verdicts == {each: None if each == ids[0] else "dead" for each in ids}

    clock.advance(seconds=120)
    await revocations.work_off(acme.hub)
    assert (await found(acme, job))[ids[0]]["verdict"] == "dead"


class _Killed(Exception):
    pass


@pytest.mark.parametrize("acme", [""], indirect=True)
async def test_where_the_provider_has_no_way_the_report_says_how_to_do_it_by_hand(
    acme: Running, provider: Provider
) -> None:
    one = await link(acme, 1)

    job = await begin(acme, account_ids=[one], expected=1)
    await revocations.work_off(acme.hub)

    item = (await found(acme, job))[one]
    assert (item["verdict"], item["revocation"]) == ("survived", "unsupported")
    provider.revoked.append("key-1-123456")
    again = await begin(acme, account_ids=[one], expected=1)
    await revocations.work_off(acme.hub)
    assert (await found(acme, again))[one]["verdict"] == "dead"


@pytest.mark.parametrize("acme", [SHARED], indirect=True)
@pytest.mark.parametrize("is_over_all", [True, False])
async def test_a_grant_of_two_accounts_is_revoked_if_both_end(
    acme: Running, is_over_all: bool
) -> None:
    shared = {"key": "key-shared-123456"}
    both = [await acme.link_to("acme", shared, origin_owner_id=f"c{each}") for each in (1, 2)]
    if not is_over_all:
        await link(acme, 3)

    job = await begin(acme, account_ids=both, expected=2)
    await revocations.work_off(acme.hub)

    assert {each["verdict"] for each in (await found(acme, job)).values()} == {"dead"}


async def test_a_job_that_is_stopped_asks_no_further_provider(
    acme: Running, provider: Provider
) -> None:
    one = await link(acme, 1)
    job = await begin(acme, all=True, expected=1)

    stopped = (await acme.api.delete(f"{PLACE}/{job['id']}")).json()
    await revocations.work_off(acme.hub)

    assert (stopped["status"], provider.asked) == ("stopped", [])
    assert (await account(acme, one))["status"] == "active"


async def test_an_unconfirmed_number_or_an_unclear_choice_revokes_nothing(acme: Running) -> None:
    one = await link(acme, 1)
    for chosen, code in (
        ({"all": True}, "account_count_differs"),
        ({"all": True, "expected": 2}, "account_count_differs"),
        ({"provider": "none", "expected": 1}, "no_accounts_chosen"),
        ({"all": True, "provider": "acme", "expected": 1}, "invalid_request"),
        ({"expected": 1}, "invalid_request"),
    ):
        answer = await acme.api.post(PLACE, json=chosen)
        assert answer.json()["code"] == code, chosen
    assert (await account(acme, one))["status"] == "active"


async def test_two_processes_share_no_revocation(acme: Running) -> None:
    await link(acme, 1)
    job = await begin(acme, all=True, expected=1)
    now = acme.hub.clock()

    assert len(await claim(acme.hub.db, until=now, most=9)) == 0
    later = now.replace(year=now.year + 1)
    claimed = [await claim(acme.hub.db, until=later, most=9, only=REVOCATIONS) for _ in range(2)]

    assert [[each.id for each in found] for found in claimed] == [[job["id"]], []]
    async with acme.hub.db.read(acme.project.id) as tx:
        held = await AccountJobs(tx).get(job["id"])
    lines = [
        line
        async for line in write_report(
            acme.hub.db, acme.hub.vault.audit_keys, now, [(acme.project.id, held)]
        )
    ]
    assert b"has not been asked" in lines[1]


async def test_on_the_dashboard_the_number_is_typed_and_the_report_can_be_kept(
    acme: Running, provider: Provider
) -> None:
    one = await link(acme, 1)
    provider.answers = [reply("", status=204)]
    await sign_in(acme)
    chosen = {"verb": "revoke", "all": "1", "query": "provider=acme"}

    asked = await press(acme, "/new", chosen)
    without = await press(acme, "", chosen)
    begun = await press(acme, "", {**chosen, "expected": "1"})
    await revocations.work_off(acme.hub)
    place = begun.headers["location"]
    page = (await acme.api.get(place)).text
    report = await acme.api.get(f"{place}/report")
    shown = (await acme.api.get(f"/dashboard/accounts/{one}")).text

    assert "Type 1 to confirm" in asked.text
    assert without.status_code == 422
    assert ("Survived" in page, f"{place}/report" in page, "By hand" in page) == (True, True, True)
    assert read_report(report.content, acme.hub.vault.audit_keys.public_keys()).accounts
    assert "revocation_survived" in shown
    assert "Revoke and prove" in shown
