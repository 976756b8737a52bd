import json
from pathlib import Path
from typing import Any

import pytest
from dirty_equals import IsStr
from inline_snapshot import snapshot

from jackfield.projects.models import Scope
from jackfield.sandbox.iterable.server import Sandbox
from tests.a2a.conftest import Ask, post, rpc, said
from tests.support.clock import FrozenClock
from tests.support.files import hub_with_files
from tests.support.running import Running

pytestmark = pytest.mark.anyio

CARD = "/.well-known/agent-card.json"
EXTENDED = "/agent/authenticatedExtendedCard"


async def extended(hub: Running, accounts: str, **headers: str) -> Any:
    response = await hub.api.get(EXTENDED, headers={"x-account-id": accounts, **headers})
    assert response.status_code == 200, response.text
    return response.json()


async def test_anybody_learns_what_the_hub_is_to_other_agents(hub: Running) -> None:
    response = await hub.api.get(CARD, auth=None)

    card = response.json()
    assert response.headers["cache-control"] == "public, max-age=300"
    assert [skill.pop("id") for skill in card.pop("skills")] == ["find_actions", "run_action"]
    assert card.pop("securitySchemes").keys() == {"basic", "bearer", "account"}
    assert card == snapshot(
        {
            "name": "Jackfield",
            "description": 'Runs the actions of linked SaaS accounts. A data part such as {"action": "iterable_list_channels"} runs that action; a text is answered with the actions that fit it. There is no language model inside: nothing is run that was not named.',
            "protocolVersion": "0.3.0",
            "version": "0.1.0",
            "url": "https://hub.test/",
            "preferredTransport": "JSONRPC",
            "documentationUrl": "https://hub.test/llms.txt",
            "capabilities": {
                "streaming": True,
                "pushNotifications": False,
                "stateTransitionHistory": False,
            },
            "defaultInputModes": ["text/plain", "application/json"],
            "defaultOutputModes": ["text/plain", "application/json"],
            "security": [{"basic": [], "account": []}, {"bearer": [], "account": []}],
            "supportsAuthenticatedExtendedCard": True,
        }
    )


async def test_an_accounts_card_names_it_and_what_it_can_do(hub: Running) -> None:
    account = await hub.link()

    card = await extended(hub, account)

    public = (await hub.api.get(CARD)).json()
    listed = (await hub.api.get("/actions?filter[connectors]=iterable")).json()["data"][0]
    assert card["name"] == "Jackfield Iterable"
    assert card["iconUrl"] == "https://hub.test/connectors/iterable/icon"
    assert card["url"] == public["url"]
    assert [each["id"] for each in card["skills"]] == [each["id"] for each in listed["actions"]]
    assert card["skills"][0].keys() == {"id", "name", "description", "tags", "examples"}
    skills = {each["id"]: each for each in card["skills"]}
    assert skills["iterable_get_list_size"] == snapshot(
        {
            "id": "iterable_get_list_size",
            "name": "Get the size of a list",
            "description": "Count the members of a list. Returns the number. Limit: 5 requests a minute for the project.",
            "tags": ["jackfield", "iterable", "lists"],
            "examples": ['{"action":"iterable_get_list_size","path":{"listId":1}}'],
        }
    )


async def test_the_card_is_also_there_over_json_rpc(hub: Running, ask: Ask) -> None:
    account = await hub.link()

    card = await ask("agent/getAuthenticatedExtendedCard", x_account_id=account)

    assert card == await extended(hub, account)


async def test_only_actions_the_profile_allows_are_skills(hub: Running) -> None:
    account = await hub.link()
    profile = (await hub.api.get(f"/accounts/{account}")).json()["connector_profile_id"]
    allowed = {"allowed_actions": ["iterable_list_lists"]}
    changed = await hub.api.patch(f"/connector_profiles/{profile}", json=allowed)
    assert changed.status_code == 200, changed.text

    card = await extended(hub, account)

    assert [each["id"] for each in card["skills"]] == ["iterable_list_lists"]


async def test_the_card_of_several_accounts_says_which_is_which(hub: Running) -> None:
    us = await hub.link(label="America", multiple=True)
    eu = await hub.link(key=hub.eu_key, region="eu", label="Europe", multiple=True)

    card = await extended(hub, f"{us}, {eu}")

    assert card["name"] == "Jackfield Iterable"
    assert f"{us} is Acme Inc. (America)'s Iterable" in card["description"]
    assert f"{eu} is Acme Inc. (Europe)'s Iterable" in card["description"]
    ids = [each["id"] for each in card["skills"]]
    assert len(ids) == len(set(ids))
    assert json.loads(card["skills"][0]["examples"][0])["account_id"] == us


async def test_an_account_that_cannot_be_used_is_named_with_the_reason(hub: Running) -> None:
    well, ill = await hub.link(multiple=True), await hub.link(multiple=True)
    await hub.api.post(f"/jackfield/accounts/{ill}/suspend")

    card = await extended(hub, f"{well},{ill}")
    alone = await hub.api.get(EXTENDED, headers={"x-account-id": ill})

    assert f"Account {ill} cannot be used" in card["description"]
    assert "account_id" not in json.loads(card["skills"][0]["examples"][0])
    assert (alone.status_code, alone.json()["code"]) == (412, "account_not_usable")


async def test_an_accounts_card_is_nobody_elses(hub: Running) -> None:
    account = await hub.link()
    theirs = await hub.key(project="theirs")
    reader = await hub.key(scopes=frozenset(Scope) - {Scope.ACTIONS_EXECUTE})
    named = {"x-account-id": account}

    stranger = await hub.api.get(EXTENDED, headers=named, auth=None)
    other = await hub.api.get(EXTENDED, headers=named, auth=(theirs, ""))
    unscoped = await hub.api.get(EXTENDED, headers=named, auth=(reader, ""))

    assert (stranger.status_code, stranger.json()["code"]) == (401, "unauthenticated")
    assert "Basic" in stranger.headers["www-authenticate"]
    assert (other.status_code, other.json()["code"]) == (404, "account_not_found")
    assert (unscoped.status_code, unscoped.json()["code"]) == (403, "missing_scope")


async def test_the_account_is_named_by_the_header_alone(hub: Running) -> None:
    account = await hub.link()

    response = await hub.api.get(f"{EXTENDED}?x-account-id={account}")

    assert response.status_code == 400
    assert response.json()["message"] == snapshot("Missing x-account-id header in request.")


async def test_an_account_that_is_one_persons_has_a_card_for_that_person(hub: Running) -> None:
    account = await hub.link(origin_username="ada")

    refused = await hub.api.get(EXTENDED, headers={"x-account-id": account})
    card = await extended(hub, account, **{"x-end-user-id": "ada"})

    assert (refused.status_code, refused.json()["code"]) == (400, "end_user_missing")
    assert card["skills"]


async def test_a_card_is_only_read(hub: Running) -> None:
    response = await hub.api.post(EXTENDED, json={})

    assert (response.status_code, response.json()["message"]) == (405, IsStr(regex=".*GET, HEAD"))


async def test_accounts_of_several_providers_have_one_card_and_need_no_choice(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with hub_with_files(sandbox, tmp_path, data_dir=data_dir, clock=clock) as (hub, acme):
        iterable = await hub.link()
        both = f"{iterable},{acme}"
        card = await extended(hub, both)
        order = said({"action": "acme_download_report"})
        sent = await post(hub, rpc("message/send", order), x_account_id=both)

    assert card["name"] == "Jackfield Iterable, Acme"
    assert "iconUrl" not in card
    assert {each["id"].partition("_")[0] for each in card["skills"]} == {"iterable", "acme"}
    assert sent.json()["result"]["status"]["state"] == "completed"


async def test_only_actions_the_account_was_linked_for_are_skills(hub: Running, ask: Ask) -> None:
    account = await hub.link(actions=["iterable_list_channels", "iterable_list_lists"])

    card = await extended(hub, account)
    found = await ask("message/send", said("create a list"), x_account_id=account)

    linked = {"iterable_list_channels", "iterable_list_lists"}
    assert {each["id"] for each in card["skills"]} == linked
    assert {each["id"] for each in found["parts"][1]["data"]["skills"]} <= linked
