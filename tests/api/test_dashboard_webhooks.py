"""`/dashboard/webhooks`: operators see to webhook endpoints in a browser."""

import re

import httpx2
import pytest

from jackfield.projects import service as projects
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.models import Endpoint, EndpointChange
from jackfield.webhooks.repo import Endpoints
from tests.api.test_dashboard import sign_in
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver
from tests.support.running import HubWith, Running
from tests.support.scripted import reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]

SECRET = re.compile(r'id="secret" readonly value="(whsec_[^"]+)"')


@pytest.fixture
async def hub(open_hub: Running) -> Running:
    await sign_in(open_hub)
    return open_hub


async def add(hub: Running, url: str, *events: str) -> tuple[str, str]:
    """Add an endpoint with the form; return its id and its secret."""
    response = await hub.api.post(
        "/dashboard/webhooks", data={"url": url, "event": list(events) or ["*"]}
    )
    found = SECRET.search(response.text)
    assert found is not None, response.text
    return (await endpoint(hub)).id, found[1]


async def endpoint(hub: Running) -> Endpoint:
    async with hub.hub.db.read(hub.project.id) as tx:
        return (await Endpoints(tx).all())[0]


async def alert(response: httpx2.Response) -> str:
    assert response.status_code == 422
    found = re.search(r'role="alert">(.*?)</div>', response.text, re.DOTALL)
    assert found is not None
    return found[1]


async def test_an_endpoint_is_added_and_its_secret_is_shown_once(
    hub: Running, receiver: Receiver
) -> None:
    endpoint_id, secret = await add(hub, receiver.url, "account.created", "account.deleted")
    await hub.link()
    await deliver(hub)

    listed = (await hub.api.get("/dashboard/webhooks")).text
    shown = (await hub.api.get(f"/dashboard/webhooks/{endpoint_id}")).text

    assert [each["event"] for each in receiver.told] == ["account.created"]
    assert secret not in listed + shown
    for page in (listed, shown):
        assert receiver.url in page
        assert "account.deleted</span>" in page
        assert "100.0 %" in page


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"url": ""}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"event": ""}, "Choose what"),
        ({"event": "account.exploded"}, "unknown event"),
        ({"description": "x" * 501}, "500 characters"),
    ],
)
async def test_a_form_that_cannot_be_used_says_why_and_changes_nothing(
    hub: Running, fields: dict[str, str], problem: str
) -> None:
    good = {"url": "https://example.com/hooks", "event": "account.created"}
    refused = await hub.api.post("/dashboard/webhooks", data={**good, **fields})
    async with hub.hub.db.read(hub.project.id) as tx:
        added = await Endpoints(tx).all()
    endpoint_id, _ = await add(hub, "https://example.com/hooks")
    before = await endpoint(hub)

    changed = await hub.api.post(f"/dashboard/webhooks/{endpoint_id}/edit", data={**good, **fields})

    assert problem in await alert(refused)
    assert problem in await alert(changed)
    assert added == []
    assert await endpoint(hub) == before


async def test_an_endpoint_that_leads_inside_is_refused_as_the_api_refuses_it(
    hub_with: HubWith,
) -> None:
    async with hub_with(allow_private_networks=False) as hub:
        await sign_in(hub)

        response = await hub.api.post(
            "/dashboard/webhooks", data={"url": "https://localhost/hooks", "event": "*"}
        )

    assert "private or reserved" in await alert(response)


async def test_an_endpoint_is_edited(hub: Running, receiver: Receiver) -> None:
    endpoint_id, _ = await add(hub, "https://example.com/hooks")

    await hub.api.post(
        f"/dashboard/webhooks/{endpoint_id}/edit",
        data={"url": receiver.url, "event": "account.deleted", "description": "CRM"},
    )

    edited = await endpoint(hub)
    assert (edited.url, edited.events) == (receiver.url, ("account.deleted",))
    assert edited.description == "CRM"


async def test_a_disabled_endpoint_is_told_nothing_and_one_that_is_enabled_again_is(
    hub: Running, receiver: Receiver
) -> None:
    endpoint_id, _ = await add(hub, receiver.url)
    place = f"/dashboard/webhooks/{endpoint_id}"

    await hub.api.post(f"{place}/disable")
    page = (await hub.api.get(place)).text
    account = await hub.link()
    await deliver(hub)
    missed = len(receiver.told)
    await hub.api.post(f"{place}/enable")
    await hub.api.delete(f"/accounts/{account}", auth=(hub.api_key, ""))
    await deliver(hub)

    assert "Disabled</span>" in page
    assert missed == 0
    assert [each["event"] for each in receiver.told] == ["account.deleted"]


async def test_an_endpoint_that_is_gone_says_so_and_what_waits_for_another_is_counted(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    endpoint_id, _ = await add(hub, receiver.url)
    receiver.answers = [reply(status=503), reply(status=410)]
    await hub.link()
    await deliver(hub)
    waiting = (await hub.api.get("/dashboard/webhooks")).text
    clock.advance(seconds=10)
    await deliver(hub)

    gone = (await hub.api.get(f"/dashboard/webhooks/{endpoint_id}")).text

    assert "next try" in waiting
    assert "410 Gone" in gone
    assert "0.0 %" in gone


async def test_both_secrets_sign_for_as_long_as_was_chosen(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    endpoint_id, old = await add(hub, receiver.url)
    place = f"/dashboard/webhooks/{endpoint_id}"

    rotated = await hub.api.post(f"{place}/rotate", data={"overlap_hours": "1"})
    found = SECRET.search(rotated.text)
    await hub.link()
    await deliver(hub)
    clock.advance(hours=1)
    await hub.link(origin_owner_id="other")
    await deliver(hub)

    both, one = (seen.headers["webhook-signature"].split() for seen in receiver.server.seen)
    assert found is not None
    assert found[1] != old
    assert (len(both), len(one)) == (2, 1)
    assert "Two secrets sign" in rotated.text
    assert "Two secrets sign" not in (await hub.api.get(place)).text


async def test_a_secret_is_not_rotated_with_an_overlap_that_no_form_offers(hub: Running) -> None:
    endpoint_id, _ = await add(hub, "https://example.com/hooks")

    response = await hub.api.post(
        f"/dashboard/webhooks/{endpoint_id}/rotate", data={"overlap_hours": "9000"}
    )

    assert response.status_code == 422
    assert (await endpoint(hub)).previous_secret_until is None


async def test_a_deleted_endpoint_is_gone(hub: Running, receiver: Receiver) -> None:
    endpoint_id, _ = await add(hub, receiver.url)

    await hub.api.post(f"/dashboard/webhooks/{endpoint_id}/delete")

    assert (await hub.api.get(f"/dashboard/webhooks/{endpoint_id}")).status_code == 404
    assert "No endpoint yet" in (await hub.api.get("/dashboard/webhooks")).text


async def test_an_endpoint_of_another_project_is_neither_shown_nor_changed(hub: Running) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    async with hub.hub.db.write(theirs.id, TESTER) as tx:
        other, _ = await webhooks.create(
            tx, hub.hub.vault, EndpointChange("https://their.example/", ("*",)), private=False
        )
    place = f"/dashboard/webhooks/{other.id}"

    answers = {(await hub.api.get(place)).status_code}
    for verb in ("edit", "rotate", "disable", "enable", "delete"):
        fields = {"url": "https://x.example/", "event": "*", "overlap_hours": "0"}
        answers.add((await hub.api.post(f"{place}/{verb}", data=fields)).status_code)

    assert answers == {404}
    assert "their.example" not in (await hub.api.get("/dashboard/webhooks")).text
    async with hub.hub.db.read(theirs.id) as tx:
        assert await Endpoints(tx).all() == [other]
