"""Refusals of a sandbox, as the hub understands them."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.connectors.loading.loader import load
from jackfield.sandbox.connector.server import serve
from tests.sandbox.connector.world import World

pytestmark = pytest.mark.anyio

SEALED = {
    "hubspot": ("token", "HubSpot does not take this token any more"),
    "stripe": ("api_key", "Invalid API Key"),
    "slack": ("token", "invalid_auth"),
    "notion": ("token", "token"),
}
# What each connector's cases know a credential without access by.
REVOKED = ["github", "hubspot", "intercom", "notion", "sendgrid", "slack", "stripe"]


@pytest.mark.parametrize("key", SEALED)
async def test_a_wrong_credential_is_refused_as_the_provider_refuses_it(
    world: World, key: str
) -> None:
    credentials = dict(world.login(key).credentials)
    name, _ = SEALED[key]
    credentials[name] = credentials[name][:-3] + "zzz"

    refused = await world.try_to_link(key, credentials)

    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] == "credential_rejected"
    assert SEALED[key][1] in refused.json()["message"]


@pytest.mark.parametrize("key", REVOKED)
async def test_an_error_of_the_provider_is_injected_by_the_cause_that_its_connector_knows(
    world: World, key: str
) -> None:
    account = await world.account(key)
    sandbox = world.sandboxes[key]
    first = next(each for each in sandbox.state.provider.connector.actions if each.only_reads)
    inputs = sandbox.sample_inputs(first.name)
    sandbox.add_fault(kind="error", error="missing_scope")

    refused = await world.hub.run(account, first.id, body=inputs)
    again = await world.hub.run(account, first.id, body=inputs)

    assert refused.status_code == 502, refused.text
    assert refused.json()["code"] == "provider_rejected"
    assert again.status_code == 200, again.text


async def test_too_many_requests_are_refused_until_the_time_has_passed(world: World) -> None:
    sandbox = world.sandboxes["hubspot"]
    state = sandbox.state
    state.settings.rate_limits = True
    headers = {"authorization": f"Bearer {world.login('hubspot').credentials['token']}"}

    async with httpx2.AsyncClient(base_url=sandbox.url, headers=headers) as api:
        statuses = [(await api.get("/account-info/2026-03/details")).status_code for _ in range(21)]
        limited = await api.get("/account-info/2026-03/details")
        sandbox.clock.advance(1)
        later = await api.get("/account-info/2026-03/details")
    state.settings.rate_limits = False

    assert statuses == [200] * 20 + [429]
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "1")
    assert later.status_code == 200


async def test_a_key_that_is_not_taken_is_refused_in_words_where_no_case_has_any() -> None:
    folder = Path(__file__).parents[3] / "docs" / "connectors" / "example" / "mailing"
    async with (
        serve(load(folder / "mailing.connector.s1.yaml")) as sandbox,
        httpx2.AsyncClient(base_url=sandbox.url) as api,
    ):
        refused = await api.get("/api/lists", headers={"api-key": "another"})

    # The form is that of its one refusal, which is about lists.
    assert refused.status_code == 401
    assert refused.json() == {"msg": "Unauthorized.", "code": "Success"}


async def test_a_key_without_a_scope_is_refused_what_needs_it(world: World) -> None:
    account = await world.account("hubspot")
    state = world.sandboxes["hubspot"].state
    state.settings.scopes = ["crm.objects.owners.read"]

    fine = await world.hub.run(account, "hubspot_list_owners")
    refused = await world.hub.run(account, "hubspot_list_contacts")
    state.settings.scopes = None

    assert fine.status_code == 200
    assert refused.status_code == 502
    assert "required scopes" in refused.json()["message"]


CALLS: dict[str, tuple[dict[str, Any], int]] = {
    "a header is missing": ({"method": "GET", "url": "/v1/users/me"}, 400),
    "there is no such row": (
        {"method": "GET", "url": "/v1/users/0190b7a1-1f2e-7c3d-8a4b-5c6d7e8f0000"},
        404,
    ),
    "there is no such endpoint": ({"method": "GET", "url": "/v1/nothing"}, 404),
    "an input is missing": ({"method": "POST", "url": "/v1/databases", "json": {}}, 400),
    "the body is none that is taken": (
        {"method": "POST", "url": "/v1/search", "content": b"<a/>"},
        415,
    ),
    "the body is broken": ({"method": "POST", "url": "/v1/search", "content": b"{"}, 400),
    "a page is too long": ({"method": "GET", "url": "/v1/users?page_size=101"}, 400),
}


@pytest.mark.parametrize("what", CALLS)
async def test_what_is_wrong_with_a_request_is_told_in_the_form_of_the_provider(
    world: World, what: str
) -> None:
    call, status = CALLS[what]
    headers = {"authorization": f"Bearer {world.login('notion').credentials['token']}"}
    if what != "a header is missing":
        headers["notion-version"] = "2026-03-11"
    if "content" in call:
        kind = "application/json" if call["content"] == b"{" else "text/xml"
        headers["content-type"] = kind

    async with httpx2.AsyncClient(base_url=world.sandboxes["notion"].url) as api:
        answered = await api.request(**call, headers=headers)

    assert answered.status_code == status, answered.text
    assert answered.json()["object"] == "error"
