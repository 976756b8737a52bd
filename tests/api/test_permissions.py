"""What an account's credentials may do, found out without doing it."""

import dataclasses
import pickle
from typing import Any

import httpx2
import pytest

from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = pytest.mark.anyio


def path(account_id: str) -> str:
    return f"/jackfield/accounts/{account_id}/permissions"


async def probe(hub: Running, account_id: str) -> dict[str, Any]:
    answer = await hub.api.post(path(account_id))
    assert answer.status_code == 200, answer.text
    return answer.json()


def state_of(hub: Running) -> dict[str, bytes]:
    """Return all that the provider holds, but for what it will do when the clock turns."""
    project = hub.sandbox.us.project
    names = {each.name for each in dataclasses.fields(project)} - {"clock", "agenda"}
    return {name: pickle.dumps(getattr(project, name)) for name in names}


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {
        each["action_id"].removeprefix("iterable_"): each["verdict"] for each in found["actions"]
    }


async def test_nothing_is_known_before_somebody_asks(hub: Running) -> None:
    account_id = await hub.link()
    before = len(hub.sandbox.us.requests)

    answer = (await hub.api.get(path(account_id))).json()

    assert (answer["probed_at"], answer["can_be_probed"]) == (None, True)
    assert answer["counts"] == {"allowed": 0, "refused": 0, "unknown": 157}
    assert len(hub.sandbox.us.requests) == before


async def test_a_server_side_key_may_run_every_action(hub: Running) -> None:
    account_id = await hub.link()

    found = await probe(hub, account_id)

    assert found["counts"] == {"allowed": 157, "refused": 0, "unknown": 0}
    assert (await hub.api.get(path(account_id))).json() == found


async def test_a_read_only_key_may_run_what_reads(hub: Running) -> None:
    account_id = await hub.link(key=hub.sandbox.us.api_keys["read_only"])

    found = await probe(hub, account_id)

    by_action = verdicts(found)
    refused = next(each for each in found["actions"] if each["verdict"] == "refused")
    assert found["counts"] == {"allowed": 54, "refused": 103, "unknown": 0}
    assert by_action["list_campaigns"] == by_action["get_user_by_email"] == "allowed"
    assert by_action["update_user"] == by_action["send_email"] == "refused"
    assert by_action["preview_email_template"] == "refused", "it reads, but by a POST"
    assert "ReadOnly key may not do this" in refused["detail"]


async def test_probing_changes_nothing_at_the_provider(hub: Running) -> None:
    account_id = await hub.link()
    state = state_of(hub)
    hub.sandbox.us.requests.clear()

    await probe(hub, account_id)

    asked = list(hub.sandbox.us.requests)
    assert len(asked) > 30
    assert [each for each in asked if each.changed] == []
    assert {each.status for each in asked if each.method != "GET"} == {400}
    assert {each.body for each in asked if each.method != "GET"} == {b"{}"}
    assert state_of(hub) == state


async def test_a_probe_after_the_key_changed_at_the_provider_tells_so(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    first = await probe(hub, account_id)
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    clock.advance(minutes=5)

    second = await probe(hub, account_id)

    assert second["counts"] == {"allowed": 0, "refused": 157, "unknown": 0}
    assert second["probed_at"] > first["probed_at"]


async def test_what_was_found_with_another_key_is_not_shown(hub: Running) -> None:
    account_id = await hub.link()
    await probe(hub, account_id)
    session = await hub.session(account_id=account_id)
    relinked = await hub.api.patch(
        f"/hub/accounts/{account_id}",
        headers={"x-hub-session-token": session["token"]},
        json={"credentials": {"api_key": hub.sandbox.us.api_keys["read_only"]}},
    )
    assert relinked.status_code == 200, relinked.text

    assert (await hub.api.get(path(account_id))).json()["probed_at"] is None


async def test_what_the_provider_does_not_answer_stays_open(hub: Running) -> None:
    account_id = await hub.link()
    faults = hub.sandbox.us.url + "/__sandbox__/faults"
    fault = {"kind": "status", "status": 503, "method": "POST", "path": "/api/lists"}
    async with httpx2.AsyncClient() as sandbox:
        await sandbox.post(faults, json=fault)

    found = await probe(hub, account_id)

    by_action = verdicts(found)
    assert by_action["create_list"] == by_action["delete_list"] == "unknown"
    assert by_action["list_lists"] == by_action["update_user"] == "allowed"
    asked = [each for each in hub.sandbox.us.requests if each.method == "POST"]
    assert len([each for each in asked if each.path == "/api/lists"]) == 1, "not tried again"


async def test_an_accounts_permissions_go_with_it(hub: Running) -> None:
    account_id = await hub.link()
    await probe(hub, account_id)

    await hub.api.delete(f"/accounts/{account_id}")

    assert (await hub.api.get(path(account_id))).status_code == 404
    assert (await hub.api.post(path(account_id))).status_code == 404


async def test_nobody_learns_of_another_projects_accounts(hub: Running) -> None:
    account_id = await hub.link()
    hub.api.auth = (await hub.key(project="rival"), "")

    assert (await hub.api.get(path(account_id))).json()["code"] == "account_not_found"
    assert (await hub.api.post(path(account_id))).json()["code"] == "account_not_found"
