"""`jackfield members` and `jackfield projects`: people and projects, on the hub's machine."""

import re

import httpx2
import pytest

from tests.cli.conftest import Command

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PASSWORD = "wolves paint the quiet harbor"


async def post(browser: httpx2.AsyncClient, path: str, **data: str) -> httpx2.Response:
    return await browser.post(path, data=data, headers={"sec-fetch-site": "same-origin"})


async def test_the_first_owner_comes_by_an_invite_and_a_lost_password_by_a_link(
    jackfield: Command, served: dict[str, str]
) -> None:
    on = {"PUBLIC_URL": served["URL"]}
    invited = await jackfield("members", "invite", "ada@example.com", "--role", "owner", **on)
    again = await jackfield("members", "invite", "ada@example.com", "--role", "owner", **on)
    async with httpx2.AsyncClient(base_url=served["URL"]) as browser:
        ended = await browser.get(invited.out.strip())
        link = again.out.strip()
        token = link.partition("token=")[2]
        joined = await post(browser, "/dashboard/invite", token=token, password=PASSWORD)
        page = await browser.get("/dashboard/members")
        listed = await jackfield("members", "list", "--json")
        refused = await jackfield("members", "remove", "ada@example.com")
        reset = await jackfield("members", "reset-password", "ada@example.com", **on)
        after = await browser.get("/dashboard/members")
        token = reset.out.strip().partition("token=")[2]
        back = await post(browser, "/dashboard/sign-in", token=token)

    assert (ended.status_code, joined.status_code, page.status_code) == (410, 303, 200)
    (ada,) = listed.json["data"]
    assert (ada["email"], ada["role"], listed.json["invites"]) == ("ada@example.com", "owner", [])
    assert (refused.status, "last_owner" in refused.err) == (1, True)
    assert (after.status_code, back.status_code) == (401, 303)


async def test_a_member_is_added_without_hands_changed_signed_in_and_removed(
    jackfield: Command, served: dict[str, str]
) -> None:
    on = {"PUBLIC_URL": served["URL"]}
    weak = await jackfield("members", "add", "olga@example.com", stdin="password1234\n")
    added = await jackfield(
        "members", "add", "olga@example.com", "--role", "owner", stdin=f"{PASSWORD}\n"
    )
    twice = await jackfield("members", "add", "olga@example.com", stdin=f"{PASSWORD}\n")
    unknown = await jackfield("members", "role", "nobody@example.com", "admin")
    demoted = await jackfield("members", "role", "olga@example.com", "viewer")
    link = await jackfield("members", "sign-in-link", "olga@example.com", "--json", **on)
    async with httpx2.AsyncClient(base_url=served["URL"]) as browser:
        by_password = await post(
            browser, "/dashboard/sign-in/password", email="olga@example.com", password=PASSWORD
        )
        browser.cookies.clear()
        token = link.json["url"].partition("token=")[2]
        by_link = await post(browser, "/dashboard/sign-in", token=token)

    assert (weak.status, "password_refused" in weak.err) == (1, True)
    assert added.status == 0, added.err
    assert (twice.status, "already_member" in twice.err) == (1, True)
    assert (unknown.status, "member_not_found" in unknown.err) == (1, True)
    assert (demoted.status, "last_owner" in demoted.err) == (1, True)
    assert PASSWORD not in added.out + added.err
    assert (by_password.status_code, by_link.status_code) == (303, 303)


@pytest.mark.usefixtures("served")
async def test_projects_are_made_once_with_an_owner_and_listed(jackfield: Command) -> None:
    await jackfield("members", "add", "olga@example.com", "--role", "owner", stdin=f"{PASSWORD}\n")
    made = await jackfield("projects", "create", "acme", "--owner", "olga@example.com", "--json")
    twice = await jackfield("projects", "create", "acme")
    nobody = await jackfield("projects", "create", "other", "--owner", "x@example.com")
    listed = await jackfield("projects", "list", "--json")
    table = await jackfield("projects", "list")
    members = await jackfield("members", "list", "--project", "acme")

    assert made.json["name"] == "acme"
    assert (twice.status, "project_exists" in twice.err) == (1, True)
    assert (nobody.status, "member_not_found" in nobody.err) == (1, True)
    assert sorted(each["name"] for each in listed.json["data"]) == ["acme", "default"]
    assert re.search(r"prj_\w+\s+acme", table.out)
    assert "olga@example.com" in members.out


async def test_who_is_shut_out_by_networks_comes_back_on_the_hubs_machine(
    jackfield: Command, served: dict[str, str]
) -> None:
    key, url = (served["API_KEY"], ""), served["URL"]
    async with httpx2.AsyncClient(base_url=url, auth=key) as client:
        networks = {"allowed_networks": ["127.0.0.0/8"]}
        kept = await client.patch("/jackfield/project", json=networks)
        back = await jackfield("projects", "allow-everywhere", "default")
        settings = await client.get("/jackfield/project")
    unknown = await jackfield("projects", "allow-everywhere", "nobody")

    assert (kept.status_code, back.status) == (200, 0)
    assert settings.json()["allowed_networks"] == []
    assert (unknown.status, "project_not_found" in unknown.err) == (1, True)
