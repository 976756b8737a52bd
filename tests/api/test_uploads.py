"""`/jackfield/connectors`: a project uploads connectors, publishes versions, and rolls back."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from dirty_equals import IsPartialDict

from jackfield.projects.models import Scope
from tests.support.clock import FrozenClock
from tests.support.running import HubWith, Running
from tests.support.scripted import reply, scripted
from tests.support.uploads import CASES, KEY, document, press, publish, upload

pytestmark = [pytest.mark.anyio, pytest.mark.database]

VERSIONS = f"/jackfield/connectors/{KEY}/versions"


@pytest.fixture
async def hub(hub_with: HubWith) -> AsyncGenerator[Running]:
    async with (
        scripted(reply('{"data": [{"id": "one"}]}')) as provider,
        hub_with(rewrite={"https://api.acme.example": provider.url}) as running,
    ):
        yield running
        running.hub.catalog.use_published([], {})


async def running_version(hub: Running) -> str | None:
    listed = (await hub.api.get("/connectors/meta")).json()
    return next((each["version"] for each in listed if each["provider"] == KEY), None)


async def states(hub: Running) -> dict[str, str]:
    listed = (await hub.api.get(VERSIONS)).json()["data"]
    return {each["version"]: each["state"] for each in listed}


async def link(hub: Running) -> str:
    return await hub.link_to(KEY, {"token": "secret-1"})


async def profile(hub: Running) -> dict[str, Any]:
    listed = await hub.api.get(f"/connector_profiles?connector_key={KEY}")
    (found,) = listed.json()["data"]
    return found


async def test_a_draft_is_checked_and_kept_and_runs_nowhere(hub: Running) -> None:
    faulty = document(**{"effects: [read]": "effect: [read]"})

    kept = await upload(hub, faulty)

    listed = (await hub.api.get(VERSIONS)).json()["data"]
    assert kept.status_code == 200
    assert kept.json()["publishable"] is False
    assert kept.json()["findings"] == [
        IsPartialDict(
            file="acme.connector.s1.yaml",
            line=18,
            column=5,
            path="actions[0].effect",
            severity="error",
            quote="    effect: [read]",
            mark=4,
        )
    ]
    assert "Did you mean 'effects'?" in kept.json()["findings"][0]["message"]
    assert [(each["state"], each["errors"]) for each in listed] == [("draft", 1)]
    assert await running_version(hub) is None
    assert (await press(hub, listed[0]["id"])).json()["code"] == "invalid_connector"


async def test_a_published_connector_links_accounts_and_runs_at_once(hub: Running) -> None:
    done = await publish(hub)
    account_id = await link(hub)

    found = await hub.run(account_id, "acme_list_things")

    assert done.json() == IsPartialDict(version="1.0.0", state="published")
    assert await running_version(hub) == "1.0.0"
    assert found.json()["data"] == [{"id": "one"}]


async def test_a_version_that_is_out_stays_as_it_is(hub: Running) -> None:
    await publish(hub)

    again = (await upload(hub, document(**{"Things.": "Other things."}))).json()

    assert again["publishable"] is False
    assert "Raise the version" in again["findings"][0]["message"]
    assert (again["findings"][0]["line"], again["findings"][0]["mark"]) == (3, 40)


async def test_what_a_version_changes_is_told_before_it_is_published(hub: Running) -> None:
    await publish(hub)
    renamed = document(
        "2.0.0",
        **{
            "list_things": "find_things",
            "{name: kind, type: string, description: Which., in: query}": (
                "{name: kind, type: number, description: Which., in: query, required: true}"
            ),
        },
    )
    typed = document("2.0.0", **{"kind, type: string,": "kind, type: number, required: true,"})

    other_name = (await upload(hub, renamed)).json()
    other_type = (await upload(hub, typed)).json()

    assert other_name["running_version"] == "1.0.0"
    assert [(each["weight"], each["subject"]) for each in other_name["changes"]] == [
        ("breaks", "acme_list_things"),
        ("adds", "acme_find_things"),
    ]
    assert [each["message"] for each in other_type["changes"]] == [
        "'kind' becomes required",
        "'kind' was string, becomes number",
    ]


async def test_a_press_rolls_back_to_an_earlier_version(hub: Running) -> None:
    first = (await publish(hub)).json()
    await publish(hub, document("1.1.0"))
    after = await running_version(hub), await states(hub)

    back = await press(hub, first["id"])

    assert after == ("1.1.0", {"1.0.0": "retired", "1.1.0": "published"})
    assert back.json()["state"] == "published"
    assert await running_version(hub) == "1.0.0"
    assert await states(hub) == {"1.0.0": "published", "1.1.0": "retired"}


async def test_publishing_over_another_version_than_was_looked_at_is_refused(hub: Running) -> None:
    first = (await publish(hub, over="")).json()
    await publish(hub, document("1.1.0"), over=first["id"])

    late = await publish(hub, document("1.2.0"), over=first["id"])

    assert (late.status_code, late.json()["code"]) == (409, "connector_changed")
    assert await running_version(hub) == "1.1.0"


async def test_a_draft_that_was_replaced_cannot_be_published(hub: Running) -> None:
    looked_at = (await upload(hub)).json()["version"]["id"]
    await upload(hub, document("1.0.1"))

    late = await press(hub, looked_at)

    assert (late.status_code, late.json()["code"]) == (404, "upload_not_found")
    assert await running_version(hub) is None


async def test_cases_are_run_with_a_draft_and_say_what_differs(hub: Running) -> None:
    wrong = CASES.replace("output: [{id: one}]", "output: [{id: two}]")
    draft = (await upload(hub, **{"cases/good.yaml": CASES, "cases/wrong.yaml": wrong})).json()[
        "version"
    ]["id"]

    found = (await hub.api.post(f"{VERSIONS}/{draft}/cases")).json()

    assert found["failed"] == 1
    assert found["data"][1]["differences"] == ['output[0].id: expected "two", got "one"']
    assert [(each["file"], each["passed"]) for each in found["data"]] == [
        ("cases/good.yaml", True),
        ("cases/wrong.yaml", False),
    ]


async def test_a_profile_whose_accounts_would_break_stays_until_it_is_upgraded(
    hub: Running,
) -> None:
    await publish(hub)
    account_id = await link(hub)
    renamed = document("2.0.0", **{"key: token, label": "key: secret, label"}).replace(
        "$.credentials.token", "$.credentials.secret"
    )

    looked_at = (await upload(hub, renamed)).json()
    await press(hub, looked_at["version"]["id"])

    ran = await hub.run(account_id, "acme_list_things")
    pinned = (await profile(hub))["connector_pinned_version"]
    assert looked_at["profiles"] == [
        IsPartialDict(accounts=1, relink="it needs secret", stays=True)
    ]
    assert (await running_version(hub), pinned) == ("2.0.0", "1.0.0")
    assert ran.status_code == 200
    place = f"/connector_profiles/{(await profile(hub))['id']}/pinned_version"
    assert (await hub.api.delete(place)).status_code == 204
    assert (await profile(hub))["connector_pinned_version"] is None


async def test_credentials_do_not_follow_a_connector_to_a_new_host(hub: Running) -> None:
    await publish(hub)
    account_id = await link(hub)

    elsewhere = document("1.1.0", **{"api.acme.example": "elsewhere.example"})
    await publish(hub, elsewhere)

    assert (await profile(hub))["connector_pinned_version"] == "1.0.0"
    assert (await hub.run(account_id, "acme_list_things")).status_code == 200


async def test_a_pinned_profile_has_the_actions_of_its_version(hub: Running) -> None:
    await publish(hub)
    account_id = await link(hub)
    place = f"/connector_profiles/{(await profile(hub))['id']}/pinned_version"
    await hub.api.put(place, json={"pinned_version": "1.0.0"})
    await publish(hub, document("2.0.0", list_things="find_things"))

    old = await hub.run(account_id, "acme_list_things")
    new = await hub.run(account_id, "acme_find_things")
    await hub.api.delete(place)
    upgraded = await hub.run(account_id, "acme_find_things")
    await hub.api.put(place, json={"pinned_version": "1.0.0"})
    back = await hub.run(account_id, "acme_list_things")

    assert [old.status_code, new.status_code] == [200, 404]
    assert [upgraded.status_code, back.status_code] == [200, 200]
    assert "1.0.0" in new.json()["message"]


async def test_another_project_stays_on_its_version_and_cannot_publish(hub: Running) -> None:
    first = (await publish(hub)).json()
    theirs = await hub.key(project="other"), ""
    made = await hub.api.post("/connector_profiles", json={"connector_key": KEY}, auth=theirs)
    listed = await hub.api.get(f"/connector_profiles?connector_key={KEY}", auth=theirs)

    await publish(hub, document("1.1.0"))

    after = await hub.api.get(f"/connector_profiles?connector_key={KEY}", auth=theirs)
    refused = [
        await hub.api.get(VERSIONS, auth=theirs),
        await hub.api.post(f"{VERSIONS}/{first['id']}/publish", json={}, auth=theirs),
        await hub.api.delete(f"/jackfield/connectors/{KEY}/draft", auth=theirs),
    ]
    taken = await hub.api.put(
        VERSIONS, json={"files": [{"name": "a.connector.s1.yaml", "text": "a"}]}, auth=theirs
    )
    # It is theirs to switch on.
    assert made.status_code == 201
    assert [each["default"] for each in listed.json()["data"]] == [True]
    assert after.json()["data"][0]["connector_pinned_version"] == "1.0.0"
    assert [each.status_code for each in refused] == [404, 404, 404]
    assert (taken.status_code, taken.json()["code"]) == (409, "connector_key_taken")
    assert (await profile(hub))["connector_pinned_version"] is None


async def test_a_key_of_a_folder_cannot_be_uploaded(hub: Running) -> None:
    refused = await upload(hub, key="iterable")

    assert (refused.status_code, refused.json()["code"]) == (409, "connector_key_taken")


async def test_reading_connectors_is_not_enough_to_upload_one(hub: Running) -> None:
    key = await hub.key(scopes=frozenset({Scope.CONNECTORS_READ}))
    weak = key, ""
    draft = (await upload(hub)).json()["version"]["id"]

    refused = [
        await hub.api.put(VERSIONS, json={"files": []}, auth=weak),
        await hub.api.post(f"{VERSIONS}/{draft}/publish", json={}, auth=weak),
        await hub.api.post(f"{VERSIONS}/{draft}/cases", auth=weak),
        await hub.api.delete(f"/jackfield/connectors/{KEY}/draft", auth=weak),
    ]

    assert [each.json()["code"] for each in refused] == ["missing_scope"] * 4
    assert (await hub.api.get(VERSIONS, auth=weak)).status_code == 200


async def test_a_connector_that_nobody_uses_is_deleted_and_its_key_is_not_for_others(
    hub: Running,
) -> None:
    await publish(hub)
    account_id = await link(hub)
    place = f"/jackfield/connectors/{KEY}"

    used = await hub.api.delete(place)
    await hub.api.delete(f"/accounts/{account_id}")
    gone = await hub.api.delete(place)

    listed = (await hub.api.get(VERSIONS)).json()["data"]
    taken = await hub.api.put(
        VERSIONS,
        json={"files": [{"name": "acme.connector.s1.yaml", "text": document()}]},
        auth=(await hub.key(project="other"), ""),
    )
    assert (used.status_code, used.json()["code"]) == (409, "connector_in_use")
    assert gone.status_code == 204
    assert listed == []
    assert await running_version(hub) is None
    assert taken.json()["code"] == "connector_key_taken"
    assert (await publish(hub)).json()["state"] == "published"


async def test_the_key_of_a_connector_that_was_in_a_folder_is_not_for_another_project(
    hub: Running, hub_with: HubWith
) -> None:
    theirs = await hub.key(project="other"), ""
    async with hub_with({KEY: document()}) as before:
        made = await before.api.post(
            "/connector_profiles", json={"connector_key": KEY}, auth=theirs
        )
        assert made.status_code == 201

    refused = await upload(hub)
    also = await hub.api.put(
        VERSIONS,
        json={"files": [{"name": "acme.connector.s1.yaml", "text": document()}]},
        auth=theirs,
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "connector_key_taken")
    # Ours has a profile, too: it was switched on by itself.
    assert also.status_code == 409


async def test_the_oldest_versions_go_but_for_those_that_are_pinned(
    hub: Running, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.uploads.service.MOST_VERSIONS", 2)
    await publish(hub)
    place = f"/connector_profiles/{(await profile(hub))['id']}/pinned_version"
    await hub.api.put(place, json={"pinned_version": "1.0.0"})

    for version in ("1.1.0", "1.2.0", "1.3.0"):
        clock.advance(minutes=1)
        await publish(hub, document(version))

    assert set(await states(hub)) == {"1.0.0", "1.2.0", "1.3.0"}


async def test_a_project_cannot_fill_the_database_with_connectors(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.uploads.service.MOST_CONNECTORS", 1)
    await upload(hub)
    other = await upload(hub, document(**{"key: acme,": "key: acme_two,"}), key="acme_two")
    again = await upload(hub)

    assert (other.status_code, other.json()["code"]) == (409, "too_many_uploads")
    assert again.status_code == 200
    assert (await hub.api.get("/jackfield/connectors/acme_two/versions")).status_code == 404


async def test_agents_see_the_tools_of_the_version_that_an_account_is_pinned_to(
    hub: Running,
) -> None:
    await publish(hub)
    account_id = await link(hub)
    place = f"/connector_profiles/{(await profile(hub))['id']}/pinned_version"
    await hub.api.put(place, json={"pinned_version": "1.0.0"})
    await publish(hub, document("2.0.0", list_things="find_things"))

    async def ask(method: str, **params: Any) -> dict[str, Any]:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"x-account-id": account_id, "accept": "application/json, text/event-stream"}
        return (await hub.api.post("/mcp", json=message, headers=headers)).json()["result"]

    listed = await ask("tools/list")
    called = await ask("tools/call", name="acme_list_things", arguments={})

    assert [each["name"] for each in listed["tools"]][:1] == ["acme_list_things"]
    assert called.get("isError") in (False, None)


async def test_a_discarded_draft_gives_its_key_back(hub: Running) -> None:
    await upload(hub)

    gone = await hub.api.delete(f"/jackfield/connectors/{KEY}/draft")

    other = await hub.key(project="other"), ""
    taken = await hub.api.put(
        VERSIONS,
        json={"files": [{"name": "acme.connector.s1.yaml", "text": document()}]},
        auth=other,
    )
    assert gone.status_code == 204
    assert (await hub.api.get(VERSIONS)).status_code == 404
    assert taken.status_code == 200
