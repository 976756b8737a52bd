from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.projects.models import Scope
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.database]

SECRET = "s3cr3t-of-the-client"
SETUP = {"clientId": "acme-client", "clientSecret": SECRET}


async def default_profile(hub: Running, connector: str = "iterable") -> dict[str, Any]:
    listed = await hub.api.get(f"/connector_profiles?connector_key={connector}")
    return next(each for each in listed.json()["data"] if each["default"])


async def create(hub: Running, connector: str = "iterable", **wanted: Any) -> httpx2.Response:
    return await hub.api.post("/connector_profiles", json={"connector_key": connector, **wanted})


async def test_a_connector_that_needs_nothing_from_the_operator_has_a_profile(
    hub: Running,
) -> None:
    body = (await hub.api.get("/connector_profiles?connector_key=iterable&page_size=5")).json()

    (profile,) = body.pop("data")
    assert body == {"page": 1, "page_size": 5, "total": 1}
    assert profile.pop("id").startswith("cpr_")
    assert profile.pop("created_at") == profile.pop("updated_at")
    assert profile.pop("logo_url").endswith("/connectors/iterable/icon")
    assert profile.pop("connector_version")
    assert profile == {
        "name": "Iterable (API Key)",
        "connector_key": "iterable",
        "connector_label": "Iterable",
        "connector_pinned_version": None,
        "connector_owner": "jackfield",
        "authentication_config_key": "api_key",
        "authentication_config_label": "API Key",
        "environment": "production",
        "active": True,
        "default": True,
        "categories": ["marketing"],
        "release_stage": "ga",
        "setup": {},
        "allowed_actions": None,
        **dict.fromkeys(("redirect_uri", "code_webhook_uri")),
    }


async def test_the_older_name_leads_to_the_same_profiles(hub: Running) -> None:
    profile = await default_profile(hub)

    listed = await hub.api.get("/auth_configs?enabled=true")
    one = await hub.api.get(f"/auth_configs/{profile['id']}")

    assert listed.json() == (await hub.api.get("/connector_profiles?enabled=true")).json()
    assert one.json() == profile


async def test_a_connector_has_several_profiles_and_one_default(hub: Running) -> None:
    first = await default_profile(hub)

    second = (await create(hub, name="EU team")).json()
    third = (await create(hub, name="Agency", default=True)).json()
    listed = (await hub.api.get("/connector_profiles?connector_key=iterable")).json()

    assert (second["default"], third["default"]) == (False, True)
    assert [each["id"] for each in listed["data"] if each["default"]] == [third["id"]]
    assert {each["id"] for each in listed["data"]} == {first["id"], second["id"], third["id"]}
    assert listed["total"] == 3


async def test_setup_secrets_are_sealed_and_never_returned(hub: Running) -> None:
    created = await create(hub, "fernwood", authentication_config_key="oauth2", setup=SETUP)
    profile_id = created.json()["id"]
    listed = await hub.api.get("/connector_profiles")
    rows = await hub.hub.db.unscoped(
        "select field, sealed from credentials where owner_id = :id", id=profile_id
    )

    assert created.status_code == 201
    assert created.json()["setup"] == {"clientId": "acme-client"}
    assert SECRET not in created.text + listed.text
    assert [row["field"] for row in rows] == ["clientSecret"]
    assert SECRET.encode() not in rows[0]["sealed"]


async def test_setup_changes_by_name_and_what_is_not_named_stays(hub: Running) -> None:
    created = await create(hub, "fernwood", authentication_config_key="oauth2", setup=SETUP)
    path = f"/connector_profiles/{created.json()['id']}"

    changed = await hub.api.patch(path, json={"setup": {"clientId": "other-client"}})
    refused = await hub.api.patch(path, json={"setup": {"clientSecret": None}})

    assert changed.json()["setup"] == {"clientId": "other-client"}
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_profile")
    assert refused.json()["faults"][0]["path"] == "setup.clientSecret"


@pytest.mark.parametrize(
    ("wanted", "status", "code", "path"),
    [
        ({"connector_key": "nothing"}, 404, "connector_not_found", None),
        ({"connector_key": 7}, 422, "invalid_request", "connector_key"),
        ({"connector_key": "iterable", "defualt": True}, 422, "invalid_request", ""),
        (
            {"connector_key": "iterable", "authentication_config_key": "oauth2"},
            422,
            "invalid_profile",
            "authentication_config_key",
        ),
        (
            {"connector_key": "iterable", "setup": {"clientId": "x"}},
            422,
            "invalid_profile",
            "setup.clientId",
        ),
        (
            {"connector_key": "iterable", "allowed_actions": ["iterable_list_chanels"]},
            422,
            "invalid_profile",
            "allowed_actions[0]",
        ),
        (
            {"connector_key": "iterable", "environment": "moon"},
            422,
            "invalid_profile",
            "environment",
        ),
    ],
)
async def test_a_profile_that_does_not_fit_is_refused(
    hub: Running, wanted: dict[str, Any], status: int, code: str, path: str | None
) -> None:
    response = await hub.api.post("/connector_profiles", json=wanted)

    assert (response.status_code, response.json()["code"]) == (status, code)
    if path is not None:
        assert [fault["path"] for fault in response.json()["faults"]] == [path]


async def test_an_account_is_linked_with_the_profile_its_session_names(hub: Running) -> None:
    profile = (await create(hub, name="Agency")).json()

    account_id = await hub.link(connector_profile_id=profile["id"])

    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert account["connector_profile_id"] == account["integration_id"] == profile["id"]


async def test_linking_anew_with_another_profile_moves_the_account_to_it(hub: Running) -> None:
    profile = (await create(hub, name="Agency")).json()
    before = await hub.link()

    after = await hub.link(connector_profile_id=profile["id"])

    assert after == before
    account = (await hub.api.get(f"/accounts/{after}")).json()
    assert account["connector_profile_id"] == profile["id"]


async def test_a_profile_of_another_connector_cannot_be_asked_for(hub: Running) -> None:
    profile = await default_profile(hub, "ledgerline")

    response = await hub.api.post(
        "/connect_sessions",
        json={
            "origin_owner_id": "acme",
            "origin_owner_name": "Acme",
            "provider": "iterable",
            "connector_profile_id": profile["id"],
        },
    )

    assert (response.status_code, response.json()["code"]) == (400, "profile_of_other_connector")


async def test_disabling_a_profile_stops_its_accounts_and_enabling_brings_them_back(
    hub: Running,
) -> None:
    profile = await default_profile(hub)
    path = f"/connector_profiles/{profile['id']}"
    used = await hub.link()
    paused = await hub.link(origin_owner_id="rival", origin_owner_name="Rival")
    await hub.api.post(f"/jackfield/accounts/{paused}/suspend")

    await hub.api.patch(path, json={"active": False})
    inactive = (await hub.api.get(f"/accounts/{used}")).json()
    refused = await hub.run(used, "iterable_list_channels")
    session = await hub.api.post(
        "/connect_sessions",
        json={"origin_owner_id": "x", "origin_owner_name": "X", "provider": "iterable"},
    )
    meta = (await hub.api.get("/connectors/meta/iterable")).json()
    listed = [each["id"] for each in (await hub.api.get("/accounts?status=inactive")).json()]
    await hub.api.patch(path, json={"active": True})
    back = await hub.run(used, "iterable_list_channels")

    assert inactive["status"] == "inactive"
    assert inactive["status_reasons"][0]["code"] == "profile_disabled"
    assert (refused.status_code, refused.json()["code"]) == (412, "account_not_usable")
    assert (session.status_code, session.json()["code"]) == (412, "profile_disabled")
    assert meta["active"] is False
    assert listed == [used]
    assert back.status_code == 200
    assert (await hub.api.get(f"/accounts/{paused}")).json()["status"] == "suspended"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_connector_that_is_switched_off_is_on_no_customers_list(
    hub: Running, method: str
) -> None:
    token = {"x-hub-session-token": (await hub.session())["token"]}

    async def listed() -> set[str]:
        offered = (await hub.api.get("/hub/connectors", headers=token)).json()["integrations"]
        return {each["provider"] for each in offered}

    before = await listed()
    (profile,) = (await hub.api.get("/connector_profiles?connector_key=ledgerline")).json()["data"]
    body = {"json": {"active": False}} if method == "PATCH" else {}
    done = await hub.api.request(method, f"/connector_profiles/{profile['id']}", **body)

    assert done.status_code == 200
    assert before - await listed() == {"ledgerline"}


async def test_an_account_resumed_under_a_disabled_profile_waits_for_the_profile(
    hub: Running,
) -> None:
    profile = await default_profile(hub)
    account_id = await hub.link()
    await hub.api.post(f"/jackfield/accounts/{account_id}/suspend")
    await hub.api.patch(f"/connector_profiles/{profile['id']}", json={"active": False})

    resumed = await hub.api.post(f"/jackfield/accounts/{account_id}/resume")
    checked = await hub.api.post(f"/jackfield/accounts/{account_id}/check")
    await hub.api.patch(f"/connector_profiles/{profile['id']}", json={"active": True})

    assert (resumed.json()["status"], checked.json()["status"]) == ("inactive", "inactive")
    assert (await hub.api.get(f"/accounts/{account_id}")).json()["status"] == "active"


async def test_whoever_subscribed_learns_that_accounts_stopped(hub: Running) -> None:
    profile = await default_profile(hub)
    account_id = await hub.link()

    await hub.api.patch(f"/connector_profiles/{profile['id']}", json={"active": False})

    events = await hub.hub.db.unscoped(
        "select type, subject from events where type like 'account.%' order by type"
    )
    assert [(each["type"], each["subject"]) for each in events] == [
        ("account.created", account_id),
        ("account.updated", account_id),
    ]


async def test_only_the_actions_a_profile_allows_can_be_run(hub: Running) -> None:
    profile = await default_profile(hub)
    account_id = await hub.link()
    path = f"/connector_profiles/{profile['id']}"

    await hub.api.patch(path, json={"allowed_actions": ["iterable_list_lists"]})
    refused = await hub.run(account_id, "iterable_list_channels")
    allowed = await hub.run(account_id, "iterable_list_lists")
    await hub.api.patch(path, json={"allowed_actions": None})
    lifted = await hub.run(account_id, "iterable_list_channels")

    assert (refused.status_code, refused.json()["code"]) == (403, "action_not_allowed")
    assert "'iterable_list_channels'" in refused.json()["message"]
    assert (allowed.status_code, lifted.status_code) == (200, 200)


async def test_a_run_can_be_put_under_another_profile_of_the_same_connector(
    hub: Running,
) -> None:
    strict = (await create(hub, allowed_actions=["iterable_list_lists"])).json()
    other = await default_profile(hub, "ledgerline")
    account_id = await hub.link()

    async def run(profile_id: str) -> httpx2.Response:
        return await hub.api.post(
            "/actions/rpc",
            headers={"x-account-id": account_id, "x-connector-profile-id": profile_id},
            json={"action": "iterable_list_channels"},
        )

    assert (await run(strict["id"])).json()["code"] == "action_not_allowed"
    for stranger in (other["id"], "cpr_nothing"):
        refused = await run(stranger)
        assert (refused.status_code, refused.json()["code"]) == (400, "profile_of_other_connector")


async def test_the_default_cannot_be_taken_away_but_given_to_another(hub: Running) -> None:
    first = await default_profile(hub)
    second = (await create(hub)).json()

    refused = await hub.api.patch(f"/connector_profiles/{first['id']}", json={"default": False})
    await hub.api.patch(f"/connector_profiles/{second['id']}", json={"default": True})

    assert (refused.status_code, refused.json()["code"]) == (409, "default_profile_required")
    assert (await default_profile(hub))["id"] == second["id"]


async def test_a_profile_with_accounts_cannot_be_deleted(hub: Running) -> None:
    profile = await default_profile(hub)
    account_id = await hub.link()

    refused = await hub.api.delete(f"/connector_profiles/{profile['id']}")
    await hub.api.delete(f"/accounts/{account_id}")
    deleted = await hub.api.delete(f"/connector_profiles/{profile['id']}")

    assert (refused.status_code, refused.json()["code"]) == (409, "profile_in_use")
    assert "1 account is" in refused.json()["message"]
    assert deleted.status_code == 200
    assert (await hub.api.get(f"/connector_profiles/{profile['id']}")).status_code == 404


async def test_when_the_default_is_deleted_another_takes_its_place(hub: Running) -> None:
    first = await default_profile(hub)
    second = (await create(hub)).json()

    await hub.api.delete(f"/connector_profiles/{first['id']}")

    assert (await default_profile(hub))["id"] == second["id"]


async def test_a_deleted_profile_stays_deleted_when_the_hub_starts_again(
    hub: Running, data_dir: Path, clock: FrozenClock, hub_database_url: str | None
) -> None:
    profile = await default_profile(hub)
    await hub.api.delete(f"/connector_profiles/{profile['id']}")

    async with running_hub(
        hub.sandbox, data_dir=data_dir, clock=clock, database_url=hub_database_url
    ) as again:
        listed = await again.api.get("/connector_profiles?connector_key=iterable")

    assert listed.json()["total"] == 0


async def test_a_profile_is_pinned_to_the_version_the_hub_has_and_to_no_other(
    hub: Running,
) -> None:
    profile = await default_profile(hub)
    path, loaded = f"/connector_profiles/{profile['id']}", profile["connector_version"]

    refused = await hub.api.put(f"{path}/pinned_version", json={"pinned_version": "0.0.1"})
    pinned = await hub.api.put(f"{path}/pinned_version", json={"pinned_version": loaded})
    versions = await hub.api.get(f"{path}/versions")
    shown = (await hub.api.get(path)).json()
    unpinned = await hub.api.delete(f"{path}/pinned_version")

    assert (refused.status_code, refused.json()["code"]) == (404, "connector_version_not_found")
    assert loaded in refused.json()["message"]
    assert pinned.json() == {"pinned_version": loaded}
    assert versions.json() == {
        "data": [{"version": loaded, "loaded": True, "pinned": True}],
        "pinned_version": loaded,
    }
    assert shown["connector_pinned_version"] == loaded
    assert (unpinned.status_code, unpinned.content) == (204, b"")
    assert (await hub.api.get(f"{path}/pinned_version")).json() == {"pinned_version": None}


async def test_a_pinned_profile_runs_on_no_other_version(hub: Running) -> None:
    profile = await default_profile(hub)
    account_id = await hub.link()
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await tx.run(
            "update connector_profiles set pinned_version = '0.0.1'"
            " where project_id = :project_id and id = :id",
            id=profile["id"],
        )
        await tx.touch()

    refused = await hub.run(account_id, "iterable_list_channels")
    versions = (await hub.api.get(f"/connector_profiles/{profile['id']}/versions")).json()

    assert (refused.status_code, refused.json()["code"]) == (409, "connector_version_not_loaded")
    assert {"version": "0.0.1", "loaded": False, "pinned": True} in versions["data"]


async def test_reading_and_writing_profiles_need_their_scopes(hub: Running) -> None:
    reader = await hub.key(scopes=frozenset({Scope.CONNECTORS_READ}))
    writer = await hub.key(scopes=frozenset({Scope.CONNECTORS_WRITE}))
    body = {"connector_key": "iterable"}
    assert (await hub.api.get("/connector_profiles", auth=(reader, ""))).status_code == 200
    assert (await hub.api.get("/connector_profiles", auth=(writer, ""))).status_code == 200
    refused = await hub.api.post("/connector_profiles", auth=(reader, ""), json=body)
    created = await hub.api.post("/connector_profiles", auth=(writer, ""), json=body)
    assert (refused.status_code, created.status_code) == (403, 201)
