"""Linking an account anew: the same account at the provider, unless somebody means another."""

import httpx2
import pytest

from tests.api.test_hub_page import action_of
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def relink(hub: Running, token: str, account_id: str, **body: object) -> httpx2.Response:
    return await hub.api.patch(
        f"/hub/accounts/{account_id}", headers={"x-hub-session-token": token}, json=body
    )


async def fail(hub: Running, account_id: str) -> None:
    """Let the provider refuse the credential, as it does when somebody deleted the key."""
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    await hub.run(account_id, "iterable_list_channels")


async def test_another_key_of_the_same_provider_account_takes_its_place(hub: Running) -> None:
    account_id = await hub.link()
    session = await hub.session(account_id=account_id)

    answer = await relink(
        hub,
        session["token"],
        account_id,
        credentials={"api_key": hub.sandbox.us.api_keys["read_only"]},
    )

    assert (answer.status_code, answer.json()["id"]) == (200, account_id)


async def test_a_key_of_another_provider_account_is_refused_and_changes_nothing(
    hub: Running,
) -> None:
    account_id = await hub.link()
    session = await hub.session(account_id=account_id)
    other = {"api_key": hub.eu_key, "region": "eu"}

    refused = await relink(hub, session["token"], account_id, credentials=other)

    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert (refused.status_code, refused.json()["code"]) == (409, "identity_changed")
    assert account["setup_information"] == {"region": "us"}
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200


async def test_another_provider_account_takes_its_place_once_that_is_confirmed(
    hub: Running,
) -> None:
    account_id = await hub.link()
    session = await hub.session(account_id=account_id)
    other = {"api_key": hub.eu_key, "region": "eu"}
    await relink(hub, session["token"], account_id, credentials=other)

    answer = await relink(
        hub, session["token"], account_id, credentials=other, confirm_identity_change=True
    )

    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert answer.status_code == 200
    assert account["setup_information"] == {"region": "eu"}
    again = await hub.session(account_id=account_id)
    back = await relink(
        hub, again["token"], account_id, credentials={"api_key": hub.us_key, "region": "us"}
    )
    assert back.json()["code"] == "identity_changed"


async def test_linking_what_the_owner_already_has_compares_it_too(hub: Running) -> None:
    await hub.link()
    session = await hub.session(provider="iterable")

    refused = await hub.submit(session["token"], {"api_key": hub.eu_key, "region": "eu"})

    assert (refused.status_code, refused.json()["code"]) == (409, "identity_changed")


async def test_a_failing_account_says_how_it_is_linked_anew(hub: Running) -> None:
    account_id = await hub.link()
    sound = (await hub.api.get(f"/accounts/{account_id}")).json()
    await fail(hub, account_id)

    shown = (await hub.api.get(f"/accounts/{account_id}")).json()
    (listed,) = (await hub.api.get("/accounts")).json()
    refused = (await hub.run(account_id, "iterable_list_channels")).json()

    way = {"method": "POST", "path": f"/jackfield/accounts/{account_id}/reconnect_link"}
    assert sound["reconnect"] is None
    assert shown["reconnect"] == listed["reconnect"] == way
    assert refused["reconnect"] == way


async def test_a_reconnect_link_opens_the_account_and_mends_it(hub: Running) -> None:
    account_id = await hub.link()
    await fail(hub, account_id)
    made = await hub.api.post(f"/jackfield/accounts/{account_id}/reconnect_link")
    link = made.json()["auth_link_url"].removeprefix("https://hub.test")

    page = await hub.api.get(link, auth=None)
    mended = await hub.api.post(
        action_of(page.text), data={"api_key": hub.sandbox.us.api_keys["read_only"]}, auth=None
    )

    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert made.status_code == 201
    assert (made.json()["account_id"], made.json()["provider"]) == (account_id, "iterable")
    assert "Connect Iterable again</h1>" in page.text
    assert mended.status_code == 200
    assert (account["status"], account["reconnect"]) == ("active", None)


async def test_a_session_to_link_anew_makes_no_new_account(hub: Running) -> None:
    nothing = await hub.api.post(
        "/connect_sessions",
        json={
            "origin_owner_id": "acme",
            "origin_owner_name": "Acme Inc.",
            "provider": "iterable",
            "relink": True,
        },
    )
    account_id = await hub.link()
    session = await hub.session(relink=True)

    again = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert (nothing.status_code, nothing.json()["code"]) == (404, "account_not_found")
    assert again.json()["id"] == account_id


async def test_a_session_for_one_provider_touches_no_account_of_another(hub: Running) -> None:
    account_id = await hub.link()
    session = await hub.session(provider="ledgerline")

    seen = await hub.api.get(
        f"/hub/accounts/{account_id}", headers={"x-hub-session-token": session["token"]}
    )

    assert (seen.status_code, seen.json()["code"]) == (404, "account_not_found")


async def test_another_projects_account_gets_no_reconnect_link(hub: Running) -> None:
    account_id = await hub.link()
    theirs = await hub.key(project="other")

    answers = [
        await hub.api.post(f"/jackfield/accounts/{each}/reconnect_link", auth=(theirs, ""))
        for each in (account_id, "acc_00000000000000000000000000")
    ]

    assert {each.status_code for each in answers} == {404}
    assert {each.json()["code"] for each in answers} == {"account_not_found"}


async def test_an_account_that_an_operator_suspended_stays_so_when_its_user_links_it_again(
    hub: Running,
) -> None:
    account_id = await hub.link()
    await hub.api.post(f"/jackfield/accounts/{account_id}/suspend")
    credentials = {"api_key": hub.us_key, "region": "us"}

    session = await hub.session(account_id=account_id)
    answer = await relink(hub, session["token"], account_id, credentials=credentials)
    link = (await hub.session(account_id=account_id))["auth_link_url"]
    form = await hub.api.get(link.removeprefix("https://hub.test"), auth=None)
    page = await hub.api.post(action_of(form.text), data=credentials, auth=None)
    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    refused = await hub.run(account_id, "iterable_list_channels")
    resumed = await hub.api.post(f"/jackfield/accounts/{account_id}/resume")
    ran = await hub.run(account_id, "iterable_list_channels")

    assert answer.json() == {
        "id": account_id, "provider": "iterable", "status": "linked", "suspended": True,
    }  # fmt: skip
    assert "This connection is suspended by the product" in page.text
    assert account["status"] == "suspended"
    assert [each["code"] for each in account["status_reasons"]] == ["suspended"]
    assert refused.status_code == 412
    assert (resumed.json()["status"], ran.status_code) == ("active", 200)
