"""`/dashboard/connectors`: an operator sets connectors up in a browser."""

import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from jackfield.profiles.models import Profile, ProfilePage
from jackfield.profiles.repo import Profiles
from jackfield.profiles.service import setup_of
from tests.api.test_dashboard import sign_in
from tests.support.actor import TESTER
from tests.support.oakdale import OAKDALE
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

PLACE = "/dashboard/connectors/oakdale"
NEW = {
    "method": "oauth2",
    "name": "Our app",
    "setup.clientId": "id-1",
    "setup.clientSecret": "hidden-1",
    "active": "1",
    "allow": "all",
}


@pytest.fixture
async def hub(hub_with: HubWith) -> AsyncGenerator[Running]:
    async with hub_with({"oakdale": OAKDALE}) as running:
        running.api.auth = None
        await sign_in(running)
        yield running


async def profiles_of(hub: Running) -> list[Profile]:
    async with hub.hub.db.read(hub.project.id) as tx:
        return await Profiles(tx).page(ProfilePage(connector_key="oakdale"))


async def setup(hub: Running) -> dict[str, str]:
    (profile,) = await profiles_of(hub)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        return dict((await setup_of(tx, hub.hub, profile)).values)


async def save(hub: Running, place: str = "new", **changes: Any) -> Any:
    return await hub.api.post(f"{PLACE}/profiles/{place}", data={**NEW, **changes})


def alert(text: str) -> str:
    found = re.search(r'role="alert">(.*?)</div>', text, re.DOTALL)
    return found[1] if found else ""


async def test_how_far_a_connector_has_been_proved_is_told(hub: Running) -> None:
    listed = (await hub.api.get("/dashboard/connectors?q=sendgrid")).text
    page = (await hub.api.get("/dashboard/connectors/sendgrid")).text

    assert "email, marketing · silver" in listed
    assert "Not tried with the provider itself." in page


async def test_a_connector_that_needs_an_app_says_so_until_it_has_one(hub: Running) -> None:
    before = (await hub.api.get("/dashboard/connectors?q=oak")).text
    page = (await hub.api.get(PLACE)).text

    saved = await save(hub)

    after = (await hub.api.get("/dashboard/connectors?q=OAK")).text
    shown = (await hub.api.get(saved.headers["location"])).text
    assert "Needs setup" in before
    assert "Iterable" not in before
    assert "https://hub.test/connect/oauth2/oakdale/callback</code>" in page
    assert saved.status_code == 303
    assert "</span> On</span>" in after
    assert "Saved" in shown
    assert 'value="id-1"' in shown
    assert "hidden-1" not in shown
    assert await setup(hub) == {"clientId": "id-1", "clientSecret": "hidden-1"}


async def test_a_secret_that_is_left_empty_stays_and_another_value_goes(hub: Running) -> None:
    await save(hub)
    (profile,) = await profiles_of(hub)

    saved = await save(hub, profile.id, **{"setup.clientId": "id-2", "setup.clientSecret": ""})

    assert saved.status_code == 303
    assert await setup(hub) == {"clientId": "id-2", "clientSecret": "hidden-1"}


@pytest.mark.parametrize("place", ["new", "first"])
async def test_a_form_that_cannot_be_saved_says_why_and_keeps_what_is_no_secret(
    hub: Running, place: str
) -> None:
    if place == "first":
        await save(hub)
        place = (await profiles_of(hub))[0].id
    before = await profiles_of(hub)

    response = await save(
        hub, place, **{"setup.clientId": "", "name": "Typed", "setup.clientSecret": "typed-secret"}
    )

    assert response.status_code == 422
    assert "setup.clientId" in alert(response.text)
    assert 'value="Typed"' in response.text
    assert "typed-secret" not in response.text
    assert await profiles_of(hub) == before


async def test_actions_are_all_or_those_that_are_chosen(hub: Running) -> None:
    await save(hub, allow="some", action="oakdale_me")
    (profile,) = await profiles_of(hub)

    await save(hub, profile.id, allow="all", action="oakdale_me")

    (later,) = await profiles_of(hub)
    assert profile.allowed_actions == ("oakdale_me",)
    assert later.allowed_actions is None


async def test_an_unknown_action_or_method_is_refused(hub: Running) -> None:
    unknown = await save(hub, allow="some", action="oakdale_fly")
    method = await save(hub, method="carrier-pigeon")

    assert (unknown.status_code, method.status_code) == (422, 422)
    assert await profiles_of(hub) == []


async def test_a_profile_is_switched_off_pinned_unpinned_and_deleted(hub: Running) -> None:
    await save(hub)
    (profile,) = await profiles_of(hub)
    place = f"{PLACE}/profiles/{profile.id}"

    await save(hub, profile.id, active="")
    await hub.api.post(f"{place}/pin")
    (off,) = await profiles_of(hub)
    page = (await hub.api.get(PLACE)).text
    await hub.api.post(f"{place}/unpin")
    (unpinned,) = await profiles_of(hub)
    await hub.api.post(f"{place}/delete")

    assert (off.active, off.pinned_version) == (False, "1.0.0")
    assert "Unpin from 1.0.0" in page
    assert unpinned.pinned_version is None
    assert await profiles_of(hub) == []


async def test_a_profile_of_another_connector_or_project_is_not_changed(hub: Running) -> None:
    await hub.key(project="theirs")
    async with hub.hub.db.read(hub.project.id) as tx:
        (iterable,) = await Profiles(tx).page(ProfilePage(connector_key="iterable"))

    changed = await save(hub, iterable.id, name="Mine")
    deleted = await hub.api.post(f"{PLACE}/profiles/{iterable.id}/delete")
    missing = await hub.api.get("/dashboard/connectors/nothing")

    async with hub.hub.db.read(hub.project.id) as tx:
        assert await Profiles(tx).page(ProfilePage(connector_key="iterable")) == [iterable]
    assert (changed.status_code, deleted.status_code, missing.status_code) == (404, 404, 404)
