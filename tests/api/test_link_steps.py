"""How far those come who are to link accounts, as the operator sees it."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from jackfield.connect.steps.models import LinkStage, LinkStep, SessionSteps
from jackfield.connect.steps.repo import LinkSteps
from jackfield.worker.pruning import prune
from tests.api.test_hub_page import action_of, open_link
from tests.support.clock import FrozenClock
from tests.support.oakdale import Browser, oakdale
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

APP = "https://app.acme.test"
DAYS = timedelta(days=30)


async def newest(hub: Running) -> list[SessionSteps]:
    await hub.hub.write_buffer.flush()
    async with hub.hub.db.read(hub.project.id) as tx:
        return list(await LinkSteps(tx).newest(size=25))


async def reached(hub: Running, *, most: int = 1000) -> dict[str, int]:
    await hub.hub.write_buffer.flush()
    async with hub.hub.db.read(hub.project.id) as tx:
        found = await LinkSteps(tx).funnels(since=hub.hub.clock() - DAYS, most=most)
    return {stage.value: count for stage, count in found.all.reached.items()}


async def post(hub: Running, link: str, **typed: str) -> httpx2.Response:
    form = await hub.api.get(link, auth=None)
    return await hub.api.post(action_of(form.text), data=typed, auth=None)


async def test_each_step_of_a_link_is_seen_from_its_making_to_the_account(
    hub: Running, clock: FrozenClock
) -> None:
    stages: list[LinkStage] = []

    async def look() -> SessionSteps:
        (one,) = await newest(hub)
        stages.append(one.stage)
        return one

    link = await open_link(hub, provider="iterable")
    await look()
    clock.advance(minutes=20)
    await hub.api.get(link, auth=None)
    await look()
    clock.advance(minutes=1)
    await post(hub, link, api_key="", region="us")
    faulty = await look()
    await post(hub, link, api_key="0" * 32, region="us")
    refused = await look()
    clock.advance(minutes=2)
    await post(hub, link, api_key=hub.us_key, region="us")
    linked = await look()

    assert stages == ["made", "form", "filled_in", "tried", "linked"]
    assert faulty.obstacles == ("api_key",)
    assert refused.obstacles == ("api_key", "credential_rejected")
    assert (linked.connector_keys, linked.took) == (("iterable",), timedelta(minutes=3))
    assert (linked.origin_owner_name, linked.is_closed, linked.has_signed_in) == (
        "Acme Inc.",
        False,
        False,
    )


async def test_nothing_that_was_typed_is_kept(hub: Running) -> None:
    link = await open_link(hub, provider="iterable")
    await post(hub, link, api_key="typed-by-a-person", region="nowhere", made_up="x")
    await hub.hub.write_buffer.flush()

    rows = await hub.hub.db.unscoped("select detail, connector_key from link_steps")

    assert {row["detail"] for row in rows} <= {"", "api_key", "region"}
    assert {row["connector_key"] for row in rows} <= {"", "iterable"}


async def test_the_published_hub_comes_to_the_same_steps(hub: Running) -> None:
    session = await hub.session()
    headers = {"x-hub-session-token": session["token"]}
    offered = (await hub.api.get("/hub/connectors", headers=headers)).json()["integrations"]
    iterable = next(each for each in offered if each["provider"] == "iterable")
    await hub.api.get(f"/hub/connectors/{iterable['integration_id']}", headers=headers)
    before = await reached(hub)
    await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert before == {"made": 1, "opened": 1, "form": 1, "filled_in": 0, "tried": 0, "linked": 0}
    assert set((await reached(hub)).values()) == {1}


async def test_a_link_that_is_opened_over_and_over_counts_once(hub: Running) -> None:
    link = await open_link(hub, provider="iterable")
    for _ in range(5):
        await hub.api.get(link, auth=None)
        await hub.hub.write_buffer.flush()

    rows = await hub.hub.db.unscoped("select step, times from link_steps")

    assert {row["step"]: row["times"] for row in rows} == {"made": 1, "opened": 5, "form": 5}
    assert (await reached(hub))["opened"] == 1


async def test_whoever_is_sent_to_the_provider_and_refuses_is_seen(hub_with: HubWith) -> None:
    async with oakdale(hub_with) as (hub, _):
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        (away,) = await newest(hub)
        await browser.come_back(error="access_denied", state=asked["state"])
        (back,) = await newest(hub)

    assert (away.stage, away.has_signed_in, away.obstacles) == (LinkStage.TRIED, True, ())
    assert (back.stage, back.obstacles) == (LinkStage.TRIED, ("access_denied",))


async def test_an_embedded_hub_that_is_closed_before_it_linked_is_seen_and_not_afterwards(
    hub: Running,
) -> None:
    await hub.api.patch("/jackfield/project", json={"allowed_origins": [APP]})
    closed: list[bool] = []
    for links in (False, True):
        session = await hub.session(origin_owner_id=f"one-{links}")
        headers = {"x-hub-session-token": session["token"], "origin": APP}
        frame = (await hub.api.post("/hub/frames", headers=headers, auth=None)).json()["id"]
        if links:
            await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
        told = await hub.api.post(
            "/embedded/integrations/closed",
            headers={"x-hub-session-token": session["token"], "x-hub-frame": frame},
            auth=None,
        )
        assert told.status_code == 204
        found = {each.session_id: each.is_closed for each in await newest(hub)}
        closed.append(found[session["id"]])

    unknown = await hub.api.post(
        "/embedded/integrations/closed", headers={"x-hub-session-token": "none"}, auth=None
    )
    assert closed == [True, False]
    assert unknown.status_code == 404


async def test_where_there_are_very_many_steps_the_newest_are_counted_and_said_so(
    hub: Running, clock: FrozenClock
) -> None:
    for number in range(3):
        await open_link(hub, provider="iterable", origin_owner_id=f"c{number}")
        clock.advance(minutes=1)
    await hub.hub.write_buffer.flush()

    async with hub.hub.db.read(hub.project.id) as tx:
        some = await LinkSteps(tx).funnels(since=clock() - DAYS, most=2)
        all_ = await LinkSteps(tx).funnels(since=clock() - DAYS, most=4)

    assert (some.all.reached[LinkStage.MADE], all_.all.reached[LinkStage.MADE]) == (2, 3)
    assert some.counted_since == clock() - timedelta(minutes=2)
    assert all_.counted_since == clock() - DAYS


async def test_another_projects_links_are_not_counted(hub: Running) -> None:
    await open_link(hub, provider="iterable")
    await hub.hub.write_buffer.flush()
    await hub.key(project="theirs")
    (theirs,) = await hub.hub.db.unscoped("select id from projects where name = 'theirs'")

    async with hub.hub.db.read(theirs["id"]) as tx:
        found = await LinkSteps(tx).funnels(since=hub.hub.clock() - DAYS)
        sessions = await LinkSteps(tx).newest(size=5)

    assert set(found.all.reached.values()) == {0}
    assert (found.by_connector, found.obstacles, sessions) == ([], [], [])


async def test_steps_are_forgotten_with_the_log(hub: Running, clock: FrozenClock) -> None:
    await open_link(hub, provider="iterable")
    clock.advance(days=31)
    link = await open_link(hub, provider="iterable")
    await hub.api.get(link, auth=None)
    await hub.hub.write_buffer.flush()

    await prune(hub.hub, at_once=1)

    rows: list[Any] = await hub.hub.db.unscoped("select step from link_steps order by step")
    assert [row["step"] for row in rows] == [LinkStep.FORM, LinkStep.MADE, LinkStep.OPENED]
