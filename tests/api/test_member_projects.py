"""Several projects of a member: switching, making and renaming."""

import re

import pytest

from jackfield.members.models import Role
from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.members import browser, member
from tests.support.running import Running
from tests.support.uploads import DOCUMENT, MAIN

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_a_member_switches_between_projects_with_the_role_of_each(hub: Running) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    await member(hub, "ada@example.com")
    ada = await member(hub, "ada@example.com", Role.ADMIN, theirs)
    async with browser(hub, ada) as opened:
        as_viewer = await opened.post("/dashboard/link", data={})
        switched = await opened.post("/dashboard/projects/switch", data={"id": theirs.id})
        as_admin = await opened.post("/dashboard/link", data={})
        page = await opened.get("/dashboard/projects")

    assert (as_viewer.status_code, switched.status_code, as_admin.status_code) == (403, 303, 422)
    assert re.search(r"theirs.{0,60}open", page.text, re.DOTALL)


async def test_a_page_of_the_project_before_changes_nothing_after_a_switch(hub: Running) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    await member(hub, "ada@example.com", Role.OWNER)
    ada = await member(hub, "ada@example.com", Role.OWNER, theirs)
    async with browser(hub, ada) as opened:
        page = (await opened.get("/dashboard/keys")).text
        found = re.search(
            r'action="/dashboard/keys"><input type="hidden" name="_project" value="(\w+)"', page
        )
        assert found is not None
        await opened.post("/dashboard/projects/switch", data={"id": theirs.id})
        form = {"_project": found[1], "name": "crm", "scope": "logs:read"}
        refused = await opened.post("/dashboard/keys", data=form)

    assert refused.status_code == 409
    assert "another project" in refused.text
    assert await hub.hub.db.unscoped("select id from api_keys where name = 'crm'") == []


@pytest.mark.parametrize("page", ["connectors/upload", "explorer"])
async def test_a_page_with_a_form_of_its_own_kind_is_bound_to_its_project_as_well(
    hub: Running, page: str
) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    await member(hub, "ada@example.com", Role.OWNER)
    ada = await member(hub, "ada@example.com", Role.OWNER, theirs)
    account, url = await hub.link(), f"/dashboard/{page}"
    query = {"account": account, "action": "iterable_list_channels"} if page == "explorer" else {}
    files = {"files": (MAIN, DOCUMENT)} if page == "connectors/upload" else None
    async with browser(hub, ada) as opened:
        shown = (await opened.get(url, params=query)).text
        bound = re.search(
            rf'action="[^"]*{url}[^>]*><input [^>]*name="_project" value="(\w+)"', shown
        )
        assert bound is not None, shown
        await opened.post("/dashboard/projects/switch", data={"id": theirs.id})
        form = {"_project": bound[1], "do": "run"}
        refused = await opened.post(url, params=query, data=form, files=files)

    assert refused.status_code == 409
    assert "another project" in refused.text
    assert await hub.hub.db.unscoped("select key from uploaded_connectors") == []


async def test_an_owner_makes_a_project_owns_it_and_renames_it(hub: Running) -> None:
    owner = await member(hub, "olga@example.com", Role.OWNER)
    async with browser(hub, owner) as opened:
        made = await opened.post("/dashboard/projects", data={"name": "Acme"})
        again = await opened.post("/dashboard/projects", data={"name": "Acme"})
        renamed = await opened.post(
            "/dashboard/projects/rename", data={"title": "Acme <b>Inc.</b>"}
        )
        page = await opened.get("/dashboard/projects")
        connectors = await opened.get("/dashboard/connectors")

    assert [each.status_code for each in (made, again, renamed)] == [303, 409, 303]
    assert "Acme &lt;b&gt;Inc.&lt;/b&gt;" in page.text
    assert "<code>--project Acme</code>" in page.text
    assert connectors.status_code == 200


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\u0000b", "a\nb"])
async def test_a_project_has_a_name_that_can_be_read(hub: Running, name: str) -> None:
    async with browser(hub, await member(hub, "olga@example.com", Role.OWNER)) as opened:
        made = await opened.post("/dashboard/projects", data={"name": name})
        renamed = await opened.post("/dashboard/projects/rename", data={"title": name})

    assert (made.status_code, renamed.status_code) == (422, 422)


async def test_an_operator_with_a_link_makes_no_project_that_nobody_owns(hub: Running) -> None:
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    async with browser(hub) as opened:
        await opened.post("/dashboard/sign-in", data={"token": link.partition("token=")[2]})
        refused = await opened.post("/dashboard/projects", data={"name": "Acme"})

    assert refused.status_code == 403
    assert "jackfield projects create" in refused.text
