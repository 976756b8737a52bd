"""Uploaded connectors where several things happen at once: calls, publishers, processes."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from jackfield.worker.connectors import reload
from tests.support.oakdale import OAKDALE
from tests.support.running import HubWith, Running
from tests.support.scripted import Seen, reply, scripted
from tests.support.uploads import KEY, document, press, publish, upload

pytestmark = [pytest.mark.anyio, pytest.mark.database]


class Provider:
    """A provider that answers when it is let."""

    def __init__(self) -> None:
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self.may_answer.set()

    async def __call__(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        self.asked.set()
        await self.may_answer.wait()
        await reply('{"data": [{"id": "one"}]}')(writer, seen)


@pytest.fixture
async def provider() -> Provider:
    return Provider()


@pytest.fixture
async def hub(hub_with: HubWith, provider: Provider) -> AsyncGenerator[Running]:
    async with (
        scripted(provider) as served,
        hub_with(rewrite={"https://api.acme.example": served.url}) as running,
    ):
        yield running
        running.hub.catalog.use_published([], {})


async def test_a_call_ends_with_the_version_it_began_with(hub: Running, provider: Provider) -> None:
    await publish(hub)
    account_id = await hub.link_to(KEY, {"token": "secret-1"})
    provider.may_answer.clear()
    running = asyncio.create_task(hub.run(account_id, "acme_list_things"))
    await provider.asked.wait()

    await publish(hub, document("2.0.0", list_things="find_things"))
    provider.may_answer.set()

    assert (await running).json()["data"] == [{"id": "one"}]
    assert (await hub.run(account_id, "acme_list_things")).status_code == 404


async def test_of_two_who_publish_at_once_one_is_told(hub: Running) -> None:
    first = (await publish(hub)).json()["id"]
    second = (await publish(hub, document("1.1.0"))).json()["id"]
    third = (await publish(hub, document("1.2.0"))).json()["id"]

    found = await asyncio.gather(press(hub, first, over=third), press(hub, second, over=third))

    assert sorted(each.status_code for each in found) == [200, 409]
    listed = (await hub.api.get(f"/jackfield/connectors/{KEY}/versions")).json()["data"]
    assert [each["state"] for each in listed].count("published") == 1


async def test_of_two_projects_that_upload_one_key_at_once_one_has_it(hub: Running) -> None:
    other = await hub.key(project="other"), ""
    body = {"files": [{"name": "acme.connector.s1.yaml", "text": document()}]}

    found = await asyncio.gather(
        upload(hub),
        hub.api.put(f"/jackfield/connectors/{KEY}/versions", json=body, auth=other),
    )

    assert sorted(each.status_code for each in found) == [200, 409]


async def test_another_process_follows_and_has_what_profiles_are_pinned_to(
    hub: Running, hub_with: HubWith
) -> None:
    rewrite = hub.hub.rewrites.targets
    async with hub_with({"oakdale": OAKDALE}, rewrite=rewrite) as other:
        nothing = await reload(other.hub)
        await publish(hub)
        account_id = await hub.link_to(KEY, {"token": "secret-1"})
        listed = await hub.api.get(f"/connector_profiles?connector_key={KEY}")
        place = f"/connector_profiles/{listed.json()['data'][0]['id']}/pinned_version"
        came = await reload(other.hub)
        await hub.api.put(place, json={"pinned_version": "1.0.0"})
        await publish(hub, document("2.0.0", list_things="find_things"))
        await reload(other.hub)

        again = await reload(other.hub)

        known = other.hub.catalog.find(KEY), other.hub.catalog.find(KEY, "1.0.0")
        other.hub.cache.drop(other.project.id)
        ran = await other.run(account_id, "acme_list_things")
    assert (nothing, came, again) == (False, True, False)
    assert [each and each.version for each in known] == ["2.0.0", "1.0.0"]
    assert ran.status_code == 200


async def test_a_hub_that_starts_has_what_was_published(hub: Running, hub_with: HubWith) -> None:
    await publish(hub)

    async with hub_with({"oakdale": OAKDALE}) as started:
        assert started.hub.catalog.get(KEY).version == "1.0.0"


async def test_a_connector_of_the_operators_folder_goes_before_an_uploaded_one(
    hub: Running, hub_with: HubWith
) -> None:
    first = (await publish(hub)).json()["id"]
    await publish(hub, document("1.1.0"))

    async with hub_with({KEY: document("9.0.0")}) as started:
        found = started.hub.catalog.get(KEY).version
        refused = await press(started, first)
        said = [str(each) for each in started.hub.catalog.findings]

    assert found == "9.0.0"
    assert refused.json()["code"] == "connector_key_taken"
    assert any(f"It replaces '{KEY}'" in each for each in said)
