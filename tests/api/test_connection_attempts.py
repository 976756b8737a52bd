"""What a connect session says of the last time somebody tried to link with it."""

import pytest
from dirty_equals import IsPartialDict, IsStr

from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def latest(hub: Running, session: dict[str, object]) -> object:
    shown = await hub.api.get(f"/jackfield/connect_sessions/{session['id']}")
    return shown.json()["latest_connection_attempt"]


async def test_there_is_none_until_somebody_tries(hub: Running) -> None:
    session = await hub.session()

    assert session["latest_connection_attempt"] is None
    assert await latest(hub, session) is None


async def test_an_unfinished_form_is_no_attempt(hub: Running) -> None:
    session = await hub.session()

    await hub.submit(session["token"], {"region": "us"})

    assert await latest(hub, session) is None


async def test_a_link_is_an_attempt_with_its_account(hub: Running) -> None:
    session = await hub.session()

    linked = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert await latest(hub, session) == {
        "id": IsStr(regex=r"cat_\w{26}"),
        "created_at": "2026-03-01T09:30:00Z",
        "updated_at": "2026-03-01T09:30:00Z",
        "status": "authenticated",
        "account_secure_id": linked.json()["id"],
        "oauth_error_code": None,
        "oauth_error_description": None,
    }


async def test_a_key_the_provider_refuses_is_an_attempt_with_the_reason_and_without_the_key(
    hub: Running,
) -> None:
    session = await hub.session()
    wrong = "0123456789abcdef" * 2

    refused = await hub.submit(session["token"], {"api_key": wrong, "region": "us"})

    authenticated = await hub.api.post(
        "/connect_sessions/authenticate", json={"token": session["token"]}
    )
    attempt = authenticated.json()["latest_connection_attempt"]
    assert attempt == IsPartialDict(
        status="error",
        account_secure_id=None,
        oauth_error_code="credential_rejected",
        oauth_error_description=refused.json()["message"],
    )
    assert wrong not in authenticated.text


async def test_only_the_last_attempt_is_told(hub: Running) -> None:
    session = await hub.session()
    await hub.submit(session["token"], {"api_key": "0" * 32, "region": "us"})

    await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    # A window that was left open.
    await hub.submit(session["token"], {"api_key": "0" * 32, "region": "us"})

    assert await latest(hub, session) == IsPartialDict(status="authenticated")


async def test_an_account_that_is_linked_anew_is_the_account_of_the_attempt(hub: Running) -> None:
    account_id = await hub.link()
    session = await hub.session(account_id=account_id)

    await hub.api.patch(
        f"/hub/accounts/{account_id}",
        headers={"x-hub-session-token": session["token"]},
        json={"credentials": {"api_key": hub.us_key}},
    )

    assert await latest(hub, session) == IsPartialDict(
        status="authenticated", account_secure_id=account_id
    )


@pytest.mark.parametrize(
    ("verb", "status", "code"),
    [("confirm", "authenticated", None), ("refuse", "error", "pending_link_refused")],
)
async def test_a_link_that_waits_to_be_confirmed_is_pending_until_it_is_decided(
    hub: Running, verb: str, status: str, code: str | None
) -> None:
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    session = await hub.session()
    waiting = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    before = await latest(hub, session)

    decided = await hub.api.post(f"/jackfield/pending_links/{waiting.json()['id']}/{verb}")

    assert before == IsPartialDict(status="pending", account_secure_id=None)
    assert await latest(hub, session) == IsPartialDict(
        status=status, account_secure_id=decided.json()["account_id"], oauth_error_code=code
    )


async def test_a_link_that_nobody_confirms_expires(hub: Running, clock: FrozenClock) -> None:
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    session = await hub.session()
    await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    clock.advance(days=3)

    assert await latest(hub, session) == IsPartialDict(
        status="expired", updated_at="2026-03-04T09:30:00Z"
    )
