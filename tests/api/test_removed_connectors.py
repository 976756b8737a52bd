"""An account whose connector the hub no longer has says so everywhere, and can be deleted."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.api.test_dashboard import sign_in
from tests.api.test_startup import PETDESK
from tests.support.running import HubWith, Running

pytestmark = pytest.mark.anyio

_LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
_GONE = "the hub no longer has the connector 'petdesk'"


@pytest.fixture
async def hub(hub_with: HubWith) -> AsyncGenerator[Running]:
    async with hub_with({"petdesk": PETDESK}) as running:
        yield running


@pytest.fixture
async def account_id(hub: Running, tmp_path: Path) -> str:
    account_id = await hub.link_to("petdesk", {"token": "t-1"})
    # Used once, so that what is cached of it has to be looked at again.
    assert (await hub.run(account_id, "petdesk_list_animals", dry_run=True)).status_code == 200
    shutil.rmtree(tmp_path / "connectors" / "petdesk")
    assert hub.hub.catalog.reload_if_changed()
    return account_id


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/actions/rpc", {"action": "petdesk_list_animals"}),
        ("POST", "/unified/proxy", {"method": "get", "path": "/animals"}),
        ("POST", "/mcp", _LIST),
        ("POST", "/mcp?tool-mode=search_execute", _LIST),
        ("POST", "/jackfield/accounts/{id}/permissions", {}),
        ("PATCH", "/accounts/{id}", {"credentials": {"token": "t-2"}}),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_whatever_uses_it_is_told_that_the_connector_is_gone(
    hub: Running, account_id: str, method: str, path: str, body: dict[str, object]
) -> None:
    headers = {"x-account-id": account_id, "accept": "application/json, text/event-stream"}

    response = await hub.api.request(method, path.format(id=account_id), json=body, headers=headers)

    assert response.status_code == 412
    assert _GONE in response.text


@pytest.mark.usefixtures("account_id")
async def test_an_action_that_no_connector_has_is_still_not_there(hub: Running) -> None:
    other = await hub.link(origin_owner_id="other")

    response = await hub.run(other, "petdesk_list_animals")

    assert (response.status_code, response.json()["code"]) == (404, "action_not_found")


async def test_its_tools_are_left_out_beside_those_of_other_accounts(
    hub: Running, account_id: str
) -> None:
    other = await hub.link(origin_owner_id="other")
    headers = {
        "x-account-id": f"{account_id},{other}",
        "accept": "application/json, text/event-stream",
    }
    begin = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": begin}

    told = await hub.api.post("/mcp", json=body, headers=headers)
    listed = await hub.api.post("/mcp", json=_LIST, headers=headers)

    assert f"Account {account_id}: {_GONE}" in told.json()["result"]["instructions"]
    names = {tool["name"] for tool in listed.json()["result"]["tools"]}
    assert "iterable_list_lists" in names
    assert not [name for name in names if name.startswith("petdesk")]


async def test_its_page_says_so_and_offers_what_still_works(hub: Running, account_id: str) -> None:
    hub.api.auth = None
    await sign_in(hub)

    page = (await hub.api.get(f"/dashboard/accounts/{account_id}")).text
    deleted = await hub.api.post(f"/dashboard/accounts/{account_id}/delete")

    assert "The hub no longer has the connector <code>petdesk</code>" in page
    assert "Make a reconnect link" not in page
    assert "Check credential" not in page
    assert deleted.status_code == 303
    assert (await hub.api.get(f"/dashboard/accounts/{account_id}")).status_code == 404
