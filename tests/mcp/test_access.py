"""Callers of `/mcp`, and the accounts they may name."""

from typing import Any

import pytest
from inline_snapshot import snapshot

from tests.mcp.conftest import LIST, post
from tests.support.running import Running

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "authorization", [None, "Basic eDo=", "Bearer jf_sk_wrong", "jf_sk_wrong", "nonsense"]
)
async def test_a_stranger_is_refused(hub: Running, authorization: str | None) -> None:
    account = await hub.link()
    headers = {"authorization": authorization} if authorization else {}

    response = await hub.api.post(
        "/mcp", json=LIST, headers={"x-account-id": account, **headers}, auth=None
    )

    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert "Basic" in response.headers["www-authenticate"]


@pytest.mark.parametrize("form", ["Bearer {}", "{}"])
async def test_a_key_is_taken_in_each_form_clients_send(hub: Running, form: str) -> None:
    account, key = await hub.link(), await hub.key()

    response = await hub.api.post(
        "/mcp",
        json=LIST,
        headers={"x-account-id": account, "authorization": form.format(key)},
        auth=None,
    )

    assert response.status_code == 200


async def test_a_key_must_be_allowed_to_run_actions(hub: Running) -> None:
    from jackfield.projects.models import Scope  # noqa: PLC0415

    account, key = await hub.link(), await hub.key(scopes=frozenset({Scope.ACCOUNTS_READ}))

    response = await hub.api.post(
        "/mcp", json=LIST, headers={"x-account-id": account}, auth=(key, "")
    )

    assert (response.status_code, response.json()["code"]) == (403, "missing_scope")


async def test_the_account_is_named_in_the_address_or_a_header_which_wins(hub: Running) -> None:
    account = await hub.link()

    statuses = [
        (await post(hub, LIST, query=query, **headers)).status_code
        for query, headers in [
            ("", {}),
            (f"?x-account-id={account}", {}),
            (f"?account_id={account}", {}),
            ("?x-account-id=acc_0", {"x_account_id": account}),
            (f"?x-account-id={account}", {"x_account_id": "acc_0"}),
        ]
    ]

    assert statuses == [400, 200, 200, 200, 400]


async def test_a_missing_account_is_named_in_words_clients_know(hub: Running) -> None:
    response = await post(hub, LIST)

    assert response.json()["error"]["message"] == snapshot(
        "Missing x-account-id header or query parameter in request."
    )


async def test_another_projects_account_cannot_be_told_from_none(hub: Running) -> None:
    account = await hub.link()
    theirs = await hub.key(project="theirs")

    def told(response: Any) -> tuple[int, str, str]:
        error = response.json()["error"]
        return response.status_code, error["data"]["code"], error["message"]

    answers = [
        told(
            await hub.api.post("/mcp", json=LIST, headers={"x-account-id": each}, auth=(theirs, ""))
        )
        for each in (account, "acc_0")
    ]

    assert answers[0] == answers[1]
    assert answers[0][:2] == (400, "account_not_found")


async def test_a_paused_account_is_refused_with_what_to_do(hub: Running) -> None:
    account = await hub.link()
    await hub.api.post(f"/jackfield/accounts/{account}/suspend")

    response = await post(hub, LIST, x_account_id=account)

    error = response.json()["error"]
    assert (response.status_code, error["data"]["code"]) == (412, "account_not_usable")
    assert "resume it" in error["message"]


async def test_an_account_that_is_one_persons_needs_that_person(hub: Running) -> None:
    account = await hub.link(origin_username="ada")
    shared = await hub.link(origin_username="ada", shared=True, multiple=True)

    statuses = [
        (await post(hub, LIST, x_account_id=each, **headers)).status_code
        for each, headers in [
            (account, {}),
            (account, {"x_end_user_id": "eve"}),
            (account, {"x_end_user_id": "ada"}),
            (shared, {}),
        ]
    ]

    assert statuses == [400, 400, 200, 200]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("https://hub.test", 200),
        ("http://localhost:6274", 200),
        ("null", 403),
    ],
)
async def test_a_page_of_another_site_is_refused(hub: Running, origin: str, status: int) -> None:
    account = await hub.link()

    response = await post(hub, LIST, x_account_id=account, origin=origin)

    assert response.status_code == status
