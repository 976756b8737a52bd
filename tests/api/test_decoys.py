"""Decoys: they look like any other account, are sent nowhere, and a use of one is an alarm."""

import json
from typing import Any

import pytest

from jackfield.accounts.jobs import service as jobs
from jackfield.projects.models import EVERY_SCOPE, Scope
from jackfield.worker.account_checks import check_due
from jackfield.worker.issues import find_due
from tests.api.test_dashboard import sign_in
from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

PLACE = "/jackfield/decoys"
ACTION = "iterable_list_channels"


async def decoy(hub: Running, **wanted: Any) -> str:
    body = {"provider": "iterable", "origin_owner_id": "northwind", **wanted}
    answer = await hub.api.post(PLACE, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["account_id"]


async def touches(hub: Running) -> list[Any]:
    rows = await hub.hub.db.unscoped(
        "select body from events where type = 'honeytoken.touched' order by id"
    )
    return [json.loads(row["body"]) for row in rows]


def requests(hub: Running) -> int:
    return len(list(hub.sandbox.us.requests))


async def test_a_decoy_has_the_fields_of_any_account_in_every_answer(
    hub: Running, clock: FrozenClock
) -> None:
    real = await hub.link()
    clock.advance(seconds=1)
    made = await decoy(hub)

    shown = {each: (await hub.api.get(f"/accounts/{each}")).json() for each in (real, made)}
    found = (await hub.api.get("/jackfield/accounts")).json()["data"]
    listed = (await hub.api.get("/accounts")).json()

    assert {name: type(value) for name, value in shown[real].items()} | {
        "origin_username": type(shown[made]["origin_username"])
    } == {name: type(value) for name, value in shown[made].items()} | {
        "origin_username": type(shown[made]["origin_username"])
    }
    assert shown[made]["status"] == "active"
    assert shown[made]["setup_information"].keys() == shown[real]["setup_information"].keys()
    assert [each["id"] for each in listed] == [made, real] == [each["id"] for each in found]
    assert "decoy" not in str(listed).lower() + str(found).lower()


async def test_a_run_of_a_decoy_reaches_no_provider_and_is_an_alarm(hub: Running) -> None:
    made = await decoy(hub)
    before = requests(hub)

    answer = await hub.run(made, ACTION)
    again = await hub.run(made, ACTION)

    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
    assert "cannot be reached" in answer.json()["message"]
    assert again.status_code == 503
    assert requests(hub) == before
    (told,) = await touches(hub)
    assert (told["account_id"], told["touch"]["touch"], told["touch"]["action"]) == (
        made,
        "run",
        ACTION,
    )
    assert told["touch"]["actor"]["kind"] == "api_key"
    assert told["touch"]["request_id"] == answer.headers["x-request-id"]
    (record,) = (await hub.api.get("/jackfield/audit?query=kind:honeytoken")).json()["data"]
    assert (record["target"], record["request_id"]) == (made, answer.headers["x-request-id"])
    (known,) = (await hub.api.get(PLACE)).json()["data"]
    assert (known["account_id"], known["touches"]) == (made, 2)


@pytest.mark.parametrize("way", ["proxy", "dry_run", "check", "probe"])
async def test_every_way_to_use_it_is_an_alarm_and_none_reaches_the_provider(
    hub: Running, way: str
) -> None:
    made = await decoy(hub)
    before = requests(hub)

    if way == "proxy":
        await hub.api.post(
            "/unified/proxy", headers={"x-account-id": made}, json={"path": "/api/lists"}
        )
    elif way == "dry_run":
        answer = await hub.run(made, ACTION, dry_run=True)
        assert answer.status_code == 200, answer.text
    elif way == "check":
        await hub.api.post(f"/jackfield/accounts/{made}/check")
    else:
        await hub.api.post(f"/jackfield/accounts/{made}/permissions")

    assert len(await touches(hub)) == 1
    assert requests(hub) == before


async def test_what_a_product_does_every_day_is_no_alarm(hub: Running, clock: FrozenClock) -> None:
    made = await decoy(hub)

    await hub.api.get("/accounts")
    await hub.api.get(f"/accounts/{made}")
    await hub.api.get(f"/actions?account_ids={made}")
    job = {"verb": "check", "account_ids": [made]}
    await hub.api.post("/jackfield/account_jobs", json=job)
    await jobs.work_off(hub.hub)
    clock.advance(seconds=3 * 86400)
    await check_due(hub.hub)

    assert await touches(hub) == []


async def test_it_opens_an_issue_of_its_own_that_only_a_person_ends(
    hub: Running, clock: FrozenClock
) -> None:
    made = await decoy(hub)
    await hub.run(made, ACTION)
    await hub.hub.write_buffer.flush()

    await find_due(hub.hub)
    clock.advance(seconds=60)
    await find_due(hub.hub)

    found = (await hub.api.get("/jackfield/issues")).json()["data"]
    assert [(each["cause"], each["account_id"]) for each in found] == [("honeytoken", made)]


@pytest.mark.parametrize("freeze", ["nothing", "key", "project"])
async def test_the_project_chooses_which_keys_are_frozen(hub: Running, freeze: str) -> None:
    made = await decoy(hub)
    used, other = await hub.key(), await hub.key()
    await hub.api.patch("/jackfield/project", json={"honeytoken_freeze": freeze})

    await hub.api.post(
        "/actions/rpc", headers={"x-account-id": made}, json={"action": ACTION}, auth=(used, "")
    )

    answers = [
        (await hub.api.get("/accounts", auth=(key, ""))).status_code for key in (used, other)
    ]
    assert answers == {"nothing": [200, 200], "key": [401, 200], "project": [401, 401]}[freeze]


async def test_only_who_may_change_the_project_can_tell_it_apart(hub: Running) -> None:
    made = await decoy(hub)
    limited = await hub.key(scopes=EVERY_SCOPE - {Scope.PROJECT_WRITE})

    refused = await hub.api.get(PLACE, auth=(limited, ""))
    await sign_in(hub)
    page = (await hub.api.get("/dashboard/decoys")).text
    shown = (await hub.api.get(f"/dashboard/accounts/{made}")).text

    assert refused.status_code == 403
    assert made in page
    assert ">Decoy</a>" in shown


async def test_a_connector_without_a_profile_has_no_decoys(hub: Running) -> None:
    body = {"provider": "none", "origin_owner_id": "x"}
    answer = await hub.api.post(PLACE, json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "no_decoy_possible")
