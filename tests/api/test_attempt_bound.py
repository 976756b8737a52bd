"""How often one connect session may try credentials at a provider."""

import asyncio
from collections import Counter

import httpx2
import pytest
from dirty_equals import IsPartialDict

from tests.api.test_hub_page import action_of
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

MOST = 20
WRONG = {"api_key": "0" * 32, "region": "us"}


async def exhaust(hub: Running, token: str) -> None:
    for _ in range(MOST):
        assert (await hub.submit(token, WRONG)).json()["code"] == "credential_rejected"


async def change(hub: Running, token: str, account_id: str, key: str) -> httpx2.Response:
    return await hub.api.patch(
        f"/hub/accounts/{account_id}",
        headers={"x-hub-session-token": token},
        json={"credentials": {"api_key": key}},
    )


async def test_a_session_that_failed_too_often_asks_the_provider_no_more(hub: Running) -> None:
    session = await hub.session()
    await exhaust(hub, session["token"])

    refused = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert refused.status_code == 409
    assert refused.json() == IsPartialDict(code="too_many_attempts", statusCode=409)
    assert "Ask for a new link" in refused.json()["message"]
    assert (await hub.api.get("/accounts")).json() == []


async def test_what_else_a_session_shows_is_there_after_its_last_attempt(hub: Running) -> None:
    session = await hub.session()
    await exhaust(hub, session["token"])
    await hub.submit(session["token"], WRONG)
    shown = await hub.api.get(f"/jackfield/connect_sessions/{session['id']}")
    token = {"x-hub-session-token": session["token"]}

    for path in ("/hub/settings", "/hub/connectors"):
        assert (await hub.api.get(path, headers=token, auth=None)).status_code == 200, path
    assert shown.json() == IsPartialDict(
        status="open",
        latest_connection_attempt=IsPartialDict(oauth_error_code="credential_rejected"),
    )


async def test_the_last_attempt_that_is_allowed_links(hub: Running) -> None:
    session = await hub.session()
    for _ in range(MOST - 1):
        await hub.submit(session["token"], WRONG)

    linked = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    again = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert linked.status_code == 201
    assert again.json()["code"] == "connect_session_used"


async def test_attempts_at_once_cannot_pass_the_bound(hub: Running) -> None:
    session = await hub.session()

    answers = await asyncio.gather(*(hub.submit(session["token"], WRONG) for _ in range(MOST + 10)))

    assert Counter(each.json()["code"] for each in answers) == {
        "credential_rejected": MOST,
        "too_many_attempts": 10,
    }


async def test_changes_of_an_account_count_with_new_links(hub: Running) -> None:
    account_id = await hub.link()
    session = await hub.session()
    for _ in range(MOST - 1):
        await hub.submit(session["token"], WRONG)

    last = await change(hub, session["token"], account_id, "0" * 32)
    refused = await change(hub, session["token"], account_id, hub.us_key)

    assert (last.status_code, last.json()["code"]) == (400, "credential_rejected")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_attempts")


async def test_a_form_that_asks_nobody_is_no_attempt(hub: Running) -> None:
    session = await hub.session()
    for _ in range(MOST + 1):
        unfinished = await hub.submit(session["token"], {"region": "us"})
        assert unfinished.json()["code"] == "invalid_fields"

    linked = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert linked.status_code == 201


async def test_another_link_for_the_same_customer_has_attempts_of_its_own(hub: Running) -> None:
    await exhaust(hub, (await hub.session())["token"])
    other = await hub.session()

    linked = await hub.submit(other["token"], {"api_key": hub.us_key, "region": "us"})

    assert linked.status_code == 201


async def test_the_page_says_to_ask_for_a_new_link_in_the_reader_s_language(hub: Running) -> None:
    session = await hub.session(provider="iterable")
    link = session["auth_link_url"].removeprefix("https://hub.test")
    form = await hub.api.get(link, auth=None)
    await exhaust(hub, session["token"])

    for language, title, remedy in (
        ("en", "This link has been tried too often", "for a new one"),
        ("de", "Mit diesem Link wurde es zu oft versucht", "um einen neuen"),
        ("fr", "Trop de tentatives avec ce lien", "Demandez un nouveau lien"),
        ("es", "Demasiados intentos con este enlace", "Pida un enlace nuevo"),
        ("ja", "試行回数が上限に達しました", "新しいリンクを依頼"),
    ):
        reader = {"accept-language": language}
        ended = await hub.api.post(
            action_of(form.text), data={"api_key": hub.us_key, "region": "us"}, headers=reader
        )
        opened = await hub.api.get(link, auth=None, headers=reader)

        assert hub.us_key not in ended.text
        for page in (ended, opened):
            assert page.status_code == 410
            assert title in page.text
            assert remedy in page.text
            assert 'class="fields"' not in page.text
