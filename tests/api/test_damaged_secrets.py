"""A stored secret that is damaged or lost: said plainly, and mended by giving it anew."""

import html
import re

import pytest

from jackfield.accounts.lost_keys import forget_keys
from jackfield.secrets.keys.repo import find_keys
from jackfield.secrets.repo import owners_under
from tests.support.actor import TESTER
from tests.support.receiver import deliver, deliveries
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def damage(hub: Running, owner_id: str, *, is_lost: bool = False) -> None:
    """Overwrite, or delete, what is sealed for an owner and its identity."""
    owners = {"one": owner_id, "two": f"identity:{owner_id}"}
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        if is_lost:
            await tx.run(
                "delete from credentials where project_id = :project_id and owner_id in (:one, :two)",
                **owners,
            )
        else:
            await tx.run(
                "update credentials set sealed = :junk"
                " where project_id = :project_id and owner_id in (:one, :two)",
                junk=b"junk" * 40,
                **owners,
            )
        await tx.touch()


@pytest.mark.parametrize("is_lost", [False, True], ids=["damaged", "lost"])
async def test_an_account_whose_secret_cannot_be_read_says_that_it_must_be_linked_anew(
    hub: Running, is_lost: bool
) -> None:
    account_id = await hub.link()
    await damage(hub, account_id, is_lost=is_lost)

    headers = {"x-account-id": account_id}
    refused = [
        await hub.api.post(f"/jackfield/accounts/{account_id}/permissions"),
        await hub.run(account_id, "iterable_list_channels"),
        await hub.api.post("/unified/proxy", headers=headers, json={"path": "/api/lists"}),
    ]
    checked = await hub.api.post(f"/jackfield/accounts/{account_id}/check")

    assert [each.status_code for each in refused] == [412, 412, 412]
    assert all(each.json()["reconnect"]["path"].endswith("/reconnect_link") for each in refused)
    assert (checked.status_code, checked.json()["status"]) == (200, "error")
    assert checked.json()["reconnect"] is not None


async def test_what_was_sealed_under_a_lost_key_is_forgotten_and_linked_anew(hub: Running) -> None:
    db, account_id = hub.hub.db, await hub.link()
    (key,) = [each.id for each in await find_keys(db)]
    sealed = await owners_under(db, key)

    await forget_keys(db, [key], TESTER)

    shown = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert account_id in sealed
    assert (await owners_under(db, key), await find_keys(db)) == ([], [])
    assert shown["status_reasons"][0]["code"] == "credentials_unreadable"
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 412
    assert await hub.link() == account_id
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200


async def test_a_key_that_sealed_nothing_is_forgotten_and_no_account_with_it(hub: Running) -> None:
    account_id = await hub.link()

    await forget_keys(hub.hub.db, ["00" * 8], TESTER)

    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200


@pytest.mark.parametrize("is_lost", [False, True], ids=["damaged", "lost"])
@pytest.mark.parametrize("way", ["page", "hub", "api"])
async def test_a_secret_that_cannot_be_read_is_given_anew(
    hub: Running, way: str, is_lost: bool
) -> None:
    account_id = await hub.link()
    await damage(hub, account_id, is_lost=is_lost)
    key = {"api_key": hub.us_key}
    opened = await hub.api.post(f"/jackfield/accounts/{account_id}/reconnect_link")
    session = opened.json()

    if way == "page":
        form = await hub.api.get(session["auth_link_url"], auth=None)
        assert form.status_code == 200
        action = html.unescape(re.findall(r'<form[^>]*action="([^"]+)"', form.text)[0])
        done = await hub.api.post(action, data={**key, "region": "us"}, auth=None)
    elif way == "hub":
        token = {"x-hub-session-token": session["token"]}
        path = f"/hub/accounts/{account_id}"
        assert (await hub.api.get(path, headers=token)).json()["secrets"] == {}
        empty = await hub.api.patch(path, headers=token, json={"credentials": {}})
        assert empty.status_code == 422
        done = await hub.api.patch(path, headers=token, json={"credentials": key})
    else:
        done = await hub.api.patch(f"/accounts/{account_id}", json={"credentials": key})

    assert done.status_code == 200, done.text
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200


@pytest.mark.parametrize("is_lost", [False, True], ids=["damaged", "lost"])
async def test_a_link_whose_secret_cannot_be_read_is_not_confirmed_but_refused(
    hub: Running, is_lost: bool
) -> None:
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    session = await hub.session()
    left = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    link = f"/jackfield/pending_links/{left.json()['id']}"
    await damage(hub, left.json()["id"], is_lost=is_lost)

    confirmed = await hub.api.post(f"{link}/confirm")
    accounts = (await hub.api.get("/accounts")).json()
    refused = await hub.api.post(f"{link}/refuse")

    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "pending_link_unreadable")
    assert "refuse it" in confirmed.json()["message"]
    assert accounts == []
    assert (refused.status_code, refused.json()["status"]) == (200, "refused")


@pytest.mark.parametrize("is_lost", [False, True], ids=["damaged", "lost"])
async def test_a_signing_secret_that_cannot_be_read_is_made_anew(
    hub: Running, is_lost: bool
) -> None:
    made = await hub.api.post(
        "/jackfield/webhooks",
        json={"url": "https://receiver.example/x", "events": ["account.created"]},
    )
    await damage(hub, made.json()["id"], is_lost=is_lost)
    tested = await hub.api.post(f"/jackfield/webhooks/{made.json()['id']}/test")
    await hub.link()
    await deliver(hub)
    (waiting,) = await deliveries(hub, made.json())

    rotated = await hub.api.post(f"/jackfield/webhooks/{made.json()['id']}/rotate")

    assert (tested.status_code, tested.json()["code"]) == (409, "webhook_secret_unreadable")
    assert waiting["status"] == "pending"
    assert "rotate it" in waiting["last_error"]
    assert rotated.status_code == 200, rotated.text
