"""What a connect session lets its holder link, and what the account keeps of it."""

import pytest
from dirty_equals import IsUUID

from tests.support.running import OWNER, Running

pytestmark = pytest.mark.anyio


async def offered(hub: Running, token: str) -> list[str]:
    listed = await hub.api.get("/hub/connectors", headers={"x-hub-session-token": token})
    return [each["provider"] for each in listed.json()["integrations"]]


async def test_categories_narrow_down_what_is_offered(hub: Running) -> None:
    hris = await hub.session(categories=["hris"])
    everything = await hub.session()

    assert await offered(hub, hris["token"]) == ["fernwood"]
    assert len(await offered(hub, everything["token"])) > 1


@pytest.mark.parametrize("name", ["connector_profile_id", "integration_id"])
async def test_a_connector_profile_is_offered_alone(hub: Running, name: str) -> None:
    created = await hub.api.post("/connector_profiles", json={"connector_key": "iterable"})
    session = await hub.session(**{name: created.json()["id"]})

    shown = await offered(hub, session["token"])
    linked = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    account = (await hub.api.get(f"/accounts/{linked.json()['id']}")).json()
    assert shown == ["iterable"]
    assert account["integration_id"] == created.json()["id"]


async def test_an_account_runs_the_actions_it_was_linked_for_and_no_others(hub: Running) -> None:
    account_id = await hub.link(actions=["iterable_list_channels"])

    allowed = await hub.run(account_id, "iterable_list_channels")
    refused = await hub.run(account_id, "iterable_list_lists")

    assert allowed.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (403, "action_not_allowed")


async def test_a_session_for_actions_there_are_not_is_refused(hub: Running) -> None:
    refused = await hub.api.post(
        "/connect_sessions",
        json={
            "origin_owner_id": "acme",
            "origin_owner_name": "Acme Inc.",
            "provider": "iterable",
            "actions": ["iterable_no_such_thing", "ledgerline_list_invoices"],
        },
    )

    assert refused.status_code == 422
    assert "actions[0]" in refused.text


async def test_a_category_that_no_connector_can_have_is_refused(hub: Running) -> None:
    refused = await hub.api.post(
        "/connect_sessions", json={**OWNER, "categories": ["hris", "marketin"]}
    )

    assert refused.status_code == 422
    assert [each["path"] for each in refused.json()["faults"]] == ["categories[1]"]


async def test_clients_whose_numbers_have_a_fraction_open_sessions_too(hub: Running) -> None:
    session = await hub.session(expires_in=600.0)

    assert session["expires_at"] == "2026-03-01T09:40:00Z"


async def test_a_version_of_the_connector_can_be_counted_on(hub: Running) -> None:
    meta = (await hub.api.get("/actions?filter[connectors]=iterable")).json()["data"][0]

    session = await hub.session(provider="iterable", provider_version=meta["version"])
    refused = await hub.api.post(
        "/connect_sessions", json={**OWNER, "provider": "iterable", "provider_version": "0.0.1"}
    )

    assert await offered(hub, session["token"]) == ["iterable"]
    assert (refused.status_code, refused.json()["code"]) == (404, "connector_version_not_found")


@pytest.mark.parametrize("scopes", [True, False, ["read", "write"], None])
async def test_scopes_are_answered_as_they_were_sent(hub: Running, scopes: object) -> None:
    session = await hub.session(scopes=scopes)

    shown = await hub.api.get(f"/jackfield/connect_sessions/{session['id']}")

    assert (session["scopes"], shown.json()["scopes"]) == (scopes, scopes)


async def test_a_session_has_a_token_for_triggers_that_its_hub_is_told_too(hub: Running) -> None:
    first, second = await hub.session(), await hub.session()

    told = await hub.api.get("/hub/connectors", headers={"x-hub-session-token": first["token"]})
    known = await hub.api.post("/connect_sessions/authenticate", json={"token": first["token"]})

    assert first["external_trigger_token"] == IsUUID(4)
    assert told.json()["external_trigger_token"] == first["external_trigger_token"]
    assert known.json()["external_trigger_token"] == first["external_trigger_token"]
    assert second["external_trigger_token"] != first["external_trigger_token"]


async def test_the_account_keeps_what_the_session_said_of_it(hub: Running) -> None:
    account_id = await hub.link(
        label="Main", metadata={"plan": "pro"}, type="test", origin_username="ada", shared=True
    )

    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert (account["label"], account["metadata"], account["type"]) == (
        "Main",
        {"plan": "pro"},
        "test",
    )
    assert (account["origin_username"], account["shared"]) == ("ada", True)
