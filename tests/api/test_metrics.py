"""What an operator's Prometheus is told of a hub."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from jackfield.db.tx import DatabaseBusy
from jackfield.metrics.exposition import Exposition
from jackfield.settings import ListenRange
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.metrics import metrics, of, samples
from tests.support.receiver import Receiver, deliver
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

ANYWHERE = ListenRange("127.0.0.1", range(1))


@pytest.fixture
async def counting(hub_with: HubWith) -> AsyncGenerator[Running]:
    async with hub_with(metrics=ANYWHERE) as running:
        yield running


async def test_runs_are_counted_by_connector_effect_source_and_outcome(counting: Running) -> None:
    account = await counting.link()
    await counting.run(account, "iterable_list_channels")
    await counting.run(account, "iterable_list_channels")
    await counting.run(account, "iterable_get_campaign", path={"id": 0})
    await counting.run("acc_of_a_client", "made_up_by_a_client")
    headers = {"x-account-id": account}
    await counting.api.post("/unified/proxy", headers=headers, json={"path": "/api/channels"})

    found = await metrics(counting.hub)

    assert of(found, "jackfield_runs_total") == {
        "connector=iterable,effect=read,outcome=succeeded,source=api": 2,
        "connector=iterable,effect=read,outcome=refused,source=api": 1,
        "connector=unknown,effect=unknown,outcome=refused,source=api": 1,
        "connector=iterable,effect=read,outcome=succeeded,source=proxy": 1,
    }
    assert of(found, "jackfield_provider_requests_total") == {"connector=iterable,status=2xx": 3}
    assert found["jackfield_provider_request_seconds_count{connector=iterable}"] == 3
    assert found["jackfield_run_seconds_count{source=api}"] == 4


async def test_answers_are_counted_by_their_status(counting: Running) -> None:
    before = of(await metrics(counting.hub), "jackfield_requests_total")
    for path, auth in (("/accounts", None), ("/accounts/none", None), ("/accounts", ("a", ""))):
        await counting.api.get(path, **({} if auth is None else {"auth": auth}))
    await counting.api.post("/mcp", json={})

    after = of(await metrics(counting.hub), "jackfield_requests_total")

    assert {status: after[status] - before.get(status, 0) for status in after} == {
        "status=2xx": 1, "status=401": 1, "status=4xx": 2
    }  # fmt: skip


async def test_no_name_that_a_client_chooses_is_in_the_metrics(counting: Running) -> None:
    account = await counting.link()
    await counting.run(account, "iterable_list_channels")
    await counting.run(account, "zzz_action", query={"zzz": "zzz"})
    await counting.api.get("/accounts/zzz")
    await counting.api.post("/mcp", headers={"user-agent": "zzz"}, json={"method": "zzz"})

    text = (await _text(counting)).decode()

    assert "iterable" in text
    assert not [each for each in ("zzz", account, counting.project.id, "acme") if each in text]


async def test_work_that_waits_is_shown_with_its_age(
    counting: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    body = {"url": receiver.url, "events": ["*"]}
    assert (await counting.api.post("/jackfield/webhooks", json=body)).status_code == 201
    await counting.link()
    clock.advance(minutes=10)

    found = await metrics(counting.hub)

    depths, ages = of(found, "jackfield_queue_depth"), of(found, "jackfield_queue_oldest_seconds")
    waiting = ["account_checks", "deliveries", "revocations", "sign_ins", "token_renewals"]
    assert sorted(depths) == sorted(ages) == [f"queue={each}" for each in waiting]
    assert depths["queue=deliveries"] == 1
    assert ages["queue=deliveries"] == 600
    assert found.keys().isdisjoint({"jackfield_deliveries_total{outcome=delivered}"})
    await deliver(counting)
    assert (await metrics(counting.hub))["jackfield_deliveries_total{outcome=delivered}"] == 1
    assert depths["queue=token_renewals"] == ages["queue=token_renewals"] == 0


async def test_the_database_is_not_asked_each_time_that_metrics_are(counting: Running) -> None:
    assert counting.hub.counters is not None
    exposition = Exposition(counting.hub, counting.hub.counters)

    first = samples((await exposition.text()).decode())
    second = samples((await exposition.text()).decode())

    asked = "jackfield_database_statement_seconds_count{kind=unscoped}"
    assert first[asked] == second[asked] > 0
    assert of(first, "jackfield_queue_depth") == of(second, "jackfield_queue_depth")


async def test_a_transaction_that_waits_for_its_turn_is_seen_to_wait(counting: Running) -> None:
    db, project = counting.hub.db, counting.project.id
    began = asyncio.Event()

    async def write() -> None:
        began.set()
        async with db.write(project, TESTER) as tx:
            await tx.run("update projects set name = name where id = :project_id")

    async with db.write(project, TESTER):
        second = asyncio.create_task(write())
        await began.wait()
        during = of(await metrics(counting.hub), "jackfield_database_transactions")
    await second
    after = of(await metrics(counting.hub), "jackfield_database_transactions")

    assert during["kind=write,state=open"] == during["kind=write,state=waiting"] == 1
    assert after["kind=write,state=open"] == after["kind=write,state=waiting"] == 0


async def test_what_the_database_failed_is_counted_by_its_code(counting: Running) -> None:
    with pytest.raises(DatabaseBusy):
        async with counting.hub.db.write(counting.project.id, TESTER):
            raise DatabaseBusy

    found = await metrics(counting.hub)

    assert of(found, "jackfield_database_errors_total") == {"code=database_busy": 1}
    assert found["jackfield_database_transactions{kind=write,state=open}"] == 0


async def _text(running: Running) -> bytes:
    assert running.hub.counters is not None
    return await Exposition(running.hub, running.hub.counters).text()
