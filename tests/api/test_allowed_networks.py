"""Networks that a project is used from: others are refused, and nobody shuts themselves out."""

import httpx2
import pytest

from jackfield.kit import source_address
from jackfield.projects import service as projects
from jackfield.projects.allowed_networks import is_allowed, normal_network
from tests.api.test_dashboard import sign_in
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio]
ELSEWHERE = ["203.0.113.0/24"]


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    """Return the client of the tests, signed in to the dashboard; it has the key as well."""
    await sign_in(hub)
    return hub.api


async def limit(hub: Running, *networks: str) -> None:
    """Set networks as somebody within them does."""
    bound = source_address.current()
    source_address.bind("203.0.113.7")
    try:
        async with hub.hub.db.write(hub.project.id, TESTER) as tx:
            await projects.change_settings(tx, {"allowed_networks": networks})
    finally:
        source_address.bind(bound)


@pytest.mark.database
async def test_a_key_and_the_dashboard_work_from_the_networks_of_their_project_alone(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    assert (await hub.api.get("/accounts")).status_code == 200

    await limit(hub, *ELSEWHERE)
    refused = await hub.api.get("/accounts")
    tools = await hub.api.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    page = await browser.get("/dashboard")

    assert (refused.status_code, refused.json()["code"]) == (403, "address_not_allowed")
    assert tools.status_code == 403
    assert page.status_code == 403

    await limit(hub)
    assert (await hub.api.get("/accounts")).status_code == 200
    assert (await browser.get("/dashboard")).status_code == 200


async def test_people_link_accounts_from_anywhere(hub: Running) -> None:
    session = await hub.session()
    await limit(hub, *ELSEWHERE)

    linked = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert linked.status_code == 201


async def test_nobody_shuts_themselves_out(hub: Running, browser: httpx2.AsyncClient) -> None:
    refused = await hub.api.patch("/jackfield/project", json={"allowed_networks": ELSEWHERE})
    shown = await browser.post(
        "/dashboard/settings/access", data={"allowed_networks": ELSEWHERE[0]}
    )
    both = await hub.api.patch(
        "/jackfield/project", json={"allowed_networks": [*ELSEWHERE, "127.0.0.0/8"]}
    )

    assert refused.status_code == 422
    assert "127.0.0.1" in refused.text
    assert shown.status_code == 422
    assert "127.0.0.1" in shown.text
    assert both.status_code == 200
    assert (await hub.api.get("/accounts")).status_code == 200


@pytest.mark.parametrize("network", ["", "office", "10.0.0.0/33", "10.0.0.1-10.0.0.9", "::/129"])
async def test_what_is_no_network_is_refused(hub: Running, network: str) -> None:
    refused = await hub.api.patch("/jackfield/project", json={"allowed_networks": [network]})

    assert refused.status_code == 422
    assert "allowed_networks[0]" in refused.text


@pytest.mark.parametrize(
    ("networks", "address", "expected"),
    [
        ([], None, True),
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", True),
        (["10.0.0.0/8"], "11.0.0.1", False),
        (["10.0.0.0/8"], None, False),
        (["10.0.0.0/8"], "a name", False),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["2001:db8::/32"], "10.1.2.3", False),
        (["fe80::/10"], "fe80::1%eth0", True),
    ],
)
def test_an_address_is_in_a_network_whichever_way_it_is_written(
    networks: list[str], address: str | None, *, expected: bool
) -> None:
    assert is_allowed(networks, address) is expected


def test_a_network_is_stored_in_one_form() -> None:
    assert normal_network(" 203.0.113.9/24 ") == "203.0.113.0/24"
    assert normal_network("203.0.113.9") == "203.0.113.9/32"
    assert normal_network("2001:DB8:0::/32") == "2001:db8::/32"
