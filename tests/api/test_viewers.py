"""What a viewer may not do, on every page there is."""

import re
from typing import Any

import pytest
from starlette.routing import Route

from jackfield.members.models import Role
from jackfield.projects import service as projects
from jackfield.ui.dashboard.routes import ROUTES
from tests.support.actor import TESTER
from tests.support.members import browser, member
from tests.support.running import Running

pytestmark = pytest.mark.anyio

# The only changes that are open to viewers, being their own business.
OWN = {
    "/dashboard/sign-out-everywhere",
    "/dashboard/me/password",
    "/dashboard/me/factor/start",
    "/dashboard/me/factor/confirm",
    "/dashboard/me/factor/{verb}",
    "/dashboard/me/sessions/{session_id}/end",
    "/dashboard/members/leave",
    "/dashboard/projects/switch",
}
# Those without a session: each looks at what is posted by itself.
OPEN = {
    "/dashboard/sign-in",
    "/dashboard/sign-in/password",
    "/dashboard/sign-in/code",
    "/dashboard/sign-out",
    "/dashboard/invite",
}
# For owners alone.
OWNERS = {
    "/dashboard/members/second-factor",
    "/dashboard/projects",
    "/dashboard/projects/rename",
}


def posts() -> list[str]:
    return sorted(
        route.path
        for route in ROUTES
        if isinstance(route, Route) and route.methods and "POST" in route.methods
    )


CHANGES = [path for path in posts() if path not in OWN | OPEN]


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "x", path)


def test_the_routes_that_are_open_to_viewers_are_those_that_are_named_here() -> None:
    assert set(posts()) >= OWN | OPEN | OWNERS
    assert len(CHANGES) > 10


@pytest.mark.parametrize("path", CHANGES)
async def test_a_viewer_changes_nothing(hub: Running, path: str) -> None:
    await member(hub, "olga@example.com", Role.OWNER)
    async with browser(hub, await member(hub, "vera@example.com")) as opened:
        for data in ({}, {"_project": hub.project.id, "role": "owner", "name": "x", "token": "x"}):
            refused = await opened.post(filled(path), data=data)
            assert (refused.status_code, "Your role" in refused.text) == (403, True)


@pytest.mark.parametrize("path", sorted(OWNERS))
async def test_an_admin_does_not_do_what_is_for_owners(hub: Running, path: str) -> None:
    async with browser(hub, await member(hub, "adam@example.com", Role.ADMIN)) as opened:
        refused = await opened.post(filled(path), data={"name": "x", "title": "x"})

    assert refused.status_code == 403


@pytest.mark.parametrize("path", [*CHANGES, *sorted(OWN)])
async def test_a_stranger_changes_nothing(hub: Running, path: str) -> None:
    async with browser(hub) as opened:
        opened.cookies.set("jackfield_session", "jf_ms_made-up")
        refused = await opened.post(filled(path))

    assert refused.status_code == 401


# It tells which accounts are decoys.
FOR_ADMINS = {"/dashboard/decoys"}


@pytest.mark.parametrize("path", sorted({each for each in posts() if each not in OPEN}))
async def test_no_other_site_posts_for_a_member(hub: Running, path: str) -> None:
    async with browser(hub, await member(hub, "olga@example.com", Role.OWNER)) as opened:
        refused = await opened.post(filled(path), headers={"origin": "https://evil.test"})

    assert refused.status_code == 403


async def test_a_viewer_sees_every_page_and_no_secret(hub: Running) -> None:
    await hub.link()
    pages = [
        route.path
        for route in ROUTES
        if isinstance(route, Route) and route.methods and "GET" in route.methods
    ]
    plain = [path for path in pages if "{" not in path and "live" not in path]
    async with browser(hub, await member(hub, "vera@example.com")) as opened:
        for path in plain:
            shown = await opened.get(path)
            if path.startswith("/dashboard/sign-in/sso"):
                continue
            if path in FOR_ADMINS:
                assert shown.status_code == 403, path
                continue
            assert shown.status_code in {200, 410}, path
            assert hub.us_key not in shown.text
            assert hub.api_key not in shown.text


async def test_a_member_of_one_project_finds_nothing_of_another(hub: Running) -> None:
    account = await hub.link()
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    async with browser(hub, await member(hub, "olga@example.com", Role.OWNER, theirs)) as opened:
        answers: list[Any] = [
            await opened.get(f"/dashboard/accounts/{account}"),
            await opened.post(f"/dashboard/accounts/{account}/suspend"),
            await opened.post("/dashboard/projects/switch", data={"id": hub.project.id}),
        ]
        members = await opened.get("/dashboard/members")
        still = await opened.get("/dashboard/projects")

    assert [each.status_code for each in answers] == [404, 404, 404]
    assert "olga@example.com" in members.text
    assert "theirs" in still.text
    assert "<code>--project default</code>" not in still.text


async def test_no_member_of_another_project_is_touched_by_their_id(hub: Running) -> None:
    ours = await member(hub, "ada@example.com", Role.ADMIN)
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    async with browser(hub, await member(hub, "olga@example.com", Role.OWNER, theirs)) as opened:
        removed = await opened.post(f"/dashboard/members/{ours.id}/remove")
        changed = await opened.post(f"/dashboard/members/{ours.id}/role", data={"role": "viewer"})

    assert (removed.status_code, changed.status_code) == (404, 404)
