from typing import Any

import pytest

from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def listed(hub: Running, query: str = "") -> list[dict[str, Any]]:
    response = await hub.api.get(f"/actions?{query}")
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def one(hub: Running, query: str = "") -> dict[str, Any]:
    (found,) = await listed(hub, f"filter[connectors]=iterable&{query}")
    return found


async def test_connectors_are_listed_with_what_they_are_and_what_gates_their_actions(
    hub: Running,
) -> None:
    iterable = await one(hub)
    (fernwood,) = await listed(hub, "filter[connectors]=fernwood&group_by=connector")

    assert iterable["name"] == "Iterable"
    assert iterable["release_stage"] == "ga"
    assert iterable["categories"] == ["marketing"]
    assert "account_id" not in iterable
    assert [each["key"] for each in iterable["authentication"]] == ["api_key"]
    assert fernwood["scope_definitions"]
    assert set(fernwood["scope_definitions"][0]) == {"name", "description", "includes"}


async def test_details_and_guides_come_when_asked_for(hub: Running) -> None:
    plain = await one(hub, "filter[action_key]=iterable_create_list")
    full = await one(
        hub,
        "filter[action_key]=iterable_create_list"
        "&include=action_details&include=authentication_guides",
    )

    assert "action_details" not in plain["actions"][0]
    assert "support" not in plain["authentication"][0]
    details = full["actions"][0]["action_details"]
    assert details["input_schema"]["properties"]["name"]["type"] == "string"
    assert details["annotations"]["readOnlyHint"] is False
    support = full["authentication"][0]["support"]
    assert support["guides"]["config"]["sections"][0]["steps"]
    assert support["guides"]["config"]["sections"][-1]["whitelabelHide"] is True


async def test_a_white_labelled_projects_guides_do_not_speak_of_the_hub(hub: Running) -> None:
    await hub.api.patch("/jackfield/project", json={"white_label": True})

    guide = (await one(hub, "include=authentication_guides"))["authentication"][0]["support"]

    sections = guide["guides"]["config"]["sections"]
    assert sections
    assert not any(section.get("whitelabelHide") for section in sections)


async def test_actions_can_be_left_out(hub: Running) -> None:
    assert (await one(hub, "exclude=actions"))["actions"] == []


async def test_actions_are_found_by_words(hub: Running) -> None:
    found = [each["id"] for each in (await one(hub, "search=List%20message%20types"))["actions"]]

    assert "iterable_list_message_types" in found
    assert "iterable_list_channels" not in found


@pytest.mark.parametrize(
    "query", ["search=List%20message%20types", "filter[action_key]=iterable_list_message_types"]
)
async def test_only_connectors_that_have_what_is_looked_for_are_listed(
    hub: Running, query: str
) -> None:
    found = await listed(hub, f"{query}&page_size=1")

    assert [each["key"] for each in found] == ["iterable"]
    assert await listed(hub, "search=no%20such%20thing") == []


async def test_an_account_that_was_linked_for_some_actions_lists_no_others(hub: Running) -> None:
    account_id = await hub.link(actions=["iterable_list_channels", "iterable_list_lists"])
    profile = (await hub.api.get(f"/accounts/{account_id}")).json()["connector_profile_id"]
    everything = (await listed(hub, f"filter[account_ids]={account_id}"))[0]["actions"]

    await hub.api.patch(
        f"/connector_profiles/{profile}", json={"allowed_actions": ["iterable_list_lists"]}
    )

    narrowed = (await listed(hub, f"filter[account_ids]={account_id}"))[0]["actions"]
    assert {each["id"] for each in everything} == {"iterable_list_channels", "iterable_list_lists"}
    assert [each["id"] for each in narrowed] == ["iterable_list_lists"]


async def test_with_accounts_each_one_stands_with_what_it_may_run(hub: Running) -> None:
    acme = await hub.link()
    rival = await hub.link(origin_owner_id="rival", origin_owner_name="Rival")
    theirs = await hub.key(project="theirs")
    profile = (await hub.api.get(f"/accounts/{acme}")).json()["connector_profile_id"]
    await hub.api.patch(
        f"/connector_profiles/{profile}", json={"allowed_actions": ["iterable_list_lists"]}
    )

    found = await listed(hub, f"filter[account_ids]={acme},{rival},acc_0")
    elsewhere = await hub.api.get(f"/actions?filter[account_ids]={acme}", auth=(theirs, ""))

    assert [each["account_id"] for each in found] == sorted([acme, rival])
    assert {each["integration_id"] for each in found} == {profile}
    assert [each["id"] for each in found[0]["actions"]] == ["iterable_list_lists"]
    assert elsewhere.json() == {"data": [], "next": None}


async def test_pages_are_followed_by_their_cursor_and_cover_everything_once(hub: Running) -> None:
    everything = [each["key"] for each in await listed(hub, "exclude=actions&page_size=100")]
    seen: list[str] = []
    cursor: str | None = ""

    while cursor is not None:
        page = (await hub.api.get(f"/actions?exclude=actions&page_size=1&next={cursor}")).json()
        seen += [each["key"] for each in page["data"]]
        cursor = page["next"]

    assert seen == everything
    assert len(seen) >= 3


@pytest.mark.parametrize("query", ["page_size=0", "page_size=x", "page_size=100000"])
async def test_a_page_size_that_is_none_is_refused_by_its_path(hub: Running, query: str) -> None:
    response = await hub.api.get(f"/actions?{query}")

    assert (response.status_code, response.json()["faults"][0]["path"]) == (422, "query.page_size")
