"""Links that are out there, and taking them back."""

import httpx2
import pytest

from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def revoke(hub: Running, session_id: int) -> httpx2.Response:
    return await hub.api.post(f"/jackfield/connect_sessions/{session_id}/revoke")


async def test_links_that_still_work_are_listed(hub: Running) -> None:
    kept, taken, used = [await hub.session() for _ in range(3)]
    await revoke(hub, taken["id"])
    await hub.submit(used["token"], {"api_key": hub.us_key, "region": "us"})

    listed = (await hub.api.get("/jackfield/connect_sessions")).json()["data"]

    assert [each["id"] for each in listed] == [kept["id"]]
    assert listed[0]["status"] == "open"
    assert "token" not in listed[0]


async def test_a_link_that_was_taken_back_opens_nothing_and_says_so(hub: Running) -> None:
    session = await hub.session()

    revoked = await revoke(hub, session["id"])

    page = await hub.api.get(session["auth_link_url"].removeprefix("https://hub.test"), auth=None)
    asked = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    assert revoked.json()["status"] == "revoked"
    assert page.status_code == 410
    assert "This link was withdrawn</h1>" in page.text
    assert (asked.status_code, asked.json()["code"]) == (401, "connect_session_revoked")


async def test_a_link_that_was_used_cannot_be_taken_back(hub: Running) -> None:
    session = await hub.session()
    await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    late = await revoke(hub, session["id"])

    assert (late.status_code, late.json()["code"]) == (409, "connect_session_ended")


async def test_another_project_takes_back_nothing(hub: Running) -> None:
    session = await hub.session()
    theirs = (await hub.key(project="other"), "")

    answers = [
        await hub.api.post(f"/jackfield/connect_sessions/{each}/revoke", auth=theirs)
        for each in (session["id"], 1, "x", 10**30)
    ]

    assert {(each.status_code, each.json()["code"]) for each in answers} == {
        (404, "connect_session_not_found")
    }
    assert (await hub.api.get("/jackfield/connect_sessions", auth=theirs)).json()["data"] == []
    assert (await hub.submit(session["token"], {})).status_code == 422
