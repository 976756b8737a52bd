"""Jobs: one thing is done with many accounts, once with each, whatever happens to one of them."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from jackfield.accounts.jobs import service as jobs
from jackfield.accounts.jobs.repo import AccountJobs, claim
from jackfield.projects import service as projects
from tests.api.test_dashboard import sign_in
from tests.support.accounts import link
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

PLACE = "/jackfield/account_jobs"


async def start(hub: Running, verb: str, **chosen: Any) -> dict[str, Any]:
    response = await hub.api.post(PLACE, json={"verb": verb, **chosen})
    assert response.status_code == 201, response.text
    return response.json()


async def finished(hub: Running, job: dict[str, Any]) -> dict[str, Any]:
    await jobs.work_off(hub.hub)
    return (await hub.api.get(f"{PLACE}/{job['id']}")).json()


async def outcomes(hub: Running, job: dict[str, Any], **query: Any) -> dict[str, str]:
    found = (await hub.api.get(f"{PLACE}/{job['id']}/accounts", params=query)).json()
    return {each["account_id"]: each["outcome"] for each in found["data"]}


async def events(hub: Running, kind: str) -> list[str]:
    async with hub.hub.db.read(hub.project.id) as tx:
        rows = await tx.all(
            "select subject from events where project_id = :project_id and type = :type order by id",
            type=kind,
        )
    return [row["subject"] for row in rows]


async def status(hub: Running, account: str) -> str:
    return (await hub.api.get(f"/accounts/{account}")).json()["status"]


async def test_all_accounts_that_match_are_suspended_and_resumed(hub: Running) -> None:
    one, two = await link(hub, origin_owner_id="1"), await link(hub, origin_owner_id="2")
    test = await link(hub, origin_owner_id="3", type="test")

    job = await start(hub, "suspend", search="types=production")
    done = await finished(hub, job)

    assert (job["total"], job["done"]) == (2, 0)
    assert (done["status"], done["done"], done["failed"]) == ("done", 2, 0)
    assert [await status(hub, each) for each in (one, two, test)] == [
        "suspended",
        "suspended",
        "active",
    ]
    again = await start(hub, "resume", search="")
    await finished(hub, again)
    assert await outcomes(hub, again) == {one: "done", two: "done", test: "unchanged"}
    assert len(await events(hub, "account.updated")) == 4


async def test_an_account_that_is_gone_when_its_turn_comes_is_told_of(hub: Running) -> None:
    one, two = await link(hub, origin_owner_id="1"), await link(hub, origin_owner_id="2")
    job = await start(hub, "suspend", account_ids=[one, two, "acc_nothing"])
    await hub.api.delete(f"/accounts/{one}")

    done = await finished(hub, job)

    assert (done["total"], done["done"], done["failed"]) == (2, 2, 1)
    assert await outcomes(hub, job) == {one: "failed", two: "done"}
    assert await outcomes(hub, job, outcome="failed") == {one: "failed"}


async def test_nothing_is_deleted_unless_its_number_is_confirmed(hub: Running) -> None:
    one, two = await link(hub, origin_owner_id="1"), await link(hub, origin_owner_id="2")

    without = await hub.api.post(PLACE, json={"verb": "delete", "search": ""})
    wrong = await hub.api.post(PLACE, json={"verb": "delete", "search": "", "expected": 1})
    job = await start(hub, "delete", search="", expected=2)
    await finished(hub, job)

    assert (without.status_code, without.json()["code"]) == (409, "account_count_differs")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "account_count_differs")
    assert await outcomes(hub, job) == {one: "done", two: "done"}
    assert sorted(await events(hub, "account.deleted")) == sorted([one, two])
    assert (await hub.api.get("/accounts")).json() == []


async def test_a_job_over_nothing_or_beside_another_is_refused(hub: Running) -> None:
    await link(hub)
    nothing = await hub.api.post(PLACE, json={"verb": "check", "search": "status=expired"})
    job = await start(hub, "check", search="")

    second = await hub.api.post(PLACE, json={"verb": "check", "search": ""})
    unknown = await hub.api.get(f"{PLACE}/ajb_nothing")

    assert (nothing.status_code, nothing.json()["code"]) == (422, "no_accounts_chosen")
    assert (second.status_code, second.json()["code"]) == (409, "account_job_running")
    assert unknown.status_code == 404
    assert (await finished(hub, job))["status"] == "done"
    listed = (await hub.api.get(PLACE)).json()["data"]
    assert [each["id"] for each in listed] == [job["id"]]


async def test_a_stopped_job_does_nothing_more(hub: Running) -> None:
    account = await link(hub)
    job = await start(hub, "suspend", account_ids=[account])

    stopped = (await hub.api.delete(f"{PLACE}/{job['id']}")).json()
    after = await finished(hub, job)

    assert (stopped["status"], stopped["ended_reason"]) == ("stopped", "it was stopped")
    assert after["done"] == 0
    assert await status(hub, account) == "active"


async def test_a_job_of_a_process_that_died_goes_on_and_does_nothing_twice(
    hub: Running, clock: FrozenClock
) -> None:
    accounts = [await link(hub, origin_owner_id=str(place)) for place in range(3)]
    job = await start(hub, "relink", search="")
    until = hub.hub.clock() + timedelta(seconds=60)
    (claimed,) = await claim(hub.hub.db, until=until, most=1)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        held = await AccountJobs(tx).get(claimed.id)
    # One is done before the process dies.
    await jobs._do(hub.hub, hub.project.id, held, accounts[0])  # noqa: SLF001

    await jobs.work_off(hub.hub)
    assert await events(hub, "account.needs_relink") == accounts[:1]
    clock.advance(seconds=61)
    await jobs._do(hub.hub, hub.project.id, held, accounts[0])  # noqa: SLF001
    done = await finished(hub, job)

    assert (done["status"], done["done"]) == ("done", 3)
    assert sorted(await events(hub, "account.needs_relink")) == sorted(accounts)


async def test_another_projects_accounts_and_jobs_are_out_of_reach(hub: Running) -> None:
    account = await link(hub)
    job = await start(hub, "suspend", account_ids=[account])
    other = await projects.ensure_project(hub.hub, TESTER, "other")
    async with hub.hub.db.read(other.id) as tx:
        assert await AccountJobs(tx).newest(most=5) == []
        assert await jobs.count(tx, jobs.ChosenAccounts(ids=(account,))) == 0
    assert job["total"] == 1


async def press(hub: Running, path: str, data: dict[str, Any]) -> httpx2.Response:
    return await hub.api.post(f"/dashboard/account-jobs{path}", data=data)


async def test_on_the_dashboard_the_number_is_typed_before_accounts_are_deleted(
    hub: Running,
) -> None:
    account = await link(hub, origin_owner_name="Acme")
    await sign_in(hub)
    chosen = {"verb": "delete", "account": account}

    asked = await press(hub, "/new", chosen)
    without = await press(hub, "", chosen)
    wrong = await press(hub, "", {**chosen, "expected": "2"})
    right = await press(hub, "", {**chosen, "expected": "1"})
    await jobs.work_off(hub.hub)
    page = await hub.api.get(right.headers["location"])

    assert "Type 1 to confirm" in asked.text
    assert without.status_code == 422
    assert "number was not confirmed" in wrong.text
    assert right.status_code == 303
    assert "Done: 1 of 1" in page.text
    assert "Acme" in page.text
    assert "Delete" in (await hub.api.get("/dashboard/account-jobs")).text


async def test_links_to_link_accounts_again_are_made_on_the_page_of_the_job(hub: Running) -> None:
    await link(hub, origin_owner_id="acme")
    await link(hub, origin_owner_id="other")
    await sign_in(hub)

    asked = await press(hub, "/new", {"verb": "relink", "all": "1", "query": "owner=acme"})
    begun = await press(
        hub, "", {"verb": "relink", "all": "1", "query": "owner=acme", "expected": "1"}
    )
    running = await hub.api.get(begun.headers["location"])
    await jobs.work_off(hub.hub)
    place = begun.headers["location"].removeprefix("/dashboard/account-jobs")
    made = await press(hub, f"{place}/links", {})
    nothing = await press(hub, "/new", {"verb": "check"})

    assert "1 account?" in asked.text
    assert "data-changes" in running.text
    assert "https://hub.test/connect/start?token=" in made.text or "/connect" in made.text
    assert nothing.status_code == 422
