"""The control API and the start page."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from jackfield.kit.json import ValidationError
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import Answer, Caller

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]


async def control(caller: Caller, method: str, name: str, body: Any = None) -> Answer:
    data = None if body is None else json.dumps(body)
    return await caller.ask(method, f"/__sandbox__/{name}", data=data)


async def test_a_client_is_added_with_behaviors_and_settings(client: Make) -> None:
    body = {
        "behaviors": ["token.json_body", "reply.expiry"],
        "redirect_uris": ["https://hub.example/callback"],
        "settings": {"expiry_value": "3600", "access_token_lifetime": 60},
    }

    added = (await control(client(), "POST", "clients", body)).json

    assert {name: added[name] for name in body} == body
    assert added["id"]
    assert added["secret"]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"behaviors": ["token.carrier_pigeon"]}, "no behavior 'token.carrier_pigeon'"),
        ({"settings": {"expiry_value": 1}}, "no setting 'expiry_value'"),
        ({"settings": {"access_token_lifetime": "long"}}, "Expected `float`, got `str`"),
        ({"behaviours": []}, "contains unknown field `behaviours`"),
    ],
)
async def test_a_client_that_cannot_be_is_refused(
    client: Make, body: dict[str, Any], complaint: str
) -> None:
    refused = await control(client(), "POST", "clients", body)

    assert refused.status == 422
    assert complaint in refused.error


async def test_so_it_is_in_process(sandbox: OAuthSandbox) -> None:
    with pytest.raises(ValidationError, match="no behavior"):
        sandbox.add_client(behaviors=["nothing"])


async def test_the_clock_is_turned_forward(sandbox: OAuthSandbox, client: Make) -> None:
    before = sandbox.clock()

    await control(client(), "POST", "clock", {"advance": 90})

    assert (sandbox.clock() - before).total_seconds() == 90


async def test_requests_are_told_with_all_that_was_sent(client: Make) -> None:
    caller, other = client(), client()
    await caller.token(grant_type="client_credentials")
    await other.token(grant_type="client_credentials")

    (entry,) = (await control(caller, "GET", f"requests?client_id={caller.id}")).json["requests"]
    wrong = await control(caller, "GET", "requests?client=x")

    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/token", 200)
    assert entry["headers"]["authorization"] == caller.basic()["Authorization"]
    assert entry["body"] == "grant_type=client_credentials"
    assert (wrong.status, "no filter 'client'" in wrong.error) == (422, True)
    assert (await control(caller, "DELETE", "requests")).json["total"] == 0


async def test_faults_families_and_clients_are_listed_and_removed(client: Make) -> None:
    caller = client()
    await control(caller, "POST", "faults", {"client_id": caller.id, "status": 418})
    listed = (await control(caller, "GET", "faults")).json["faults"]
    await control(caller, "DELETE", "faults")
    await caller.token(grant_type="client_credentials")
    (family,) = (await control(caller, "GET", f"families?client_id={caller.id}")).json["families"]
    removed = (await control(caller, "DELETE", f"clients/{caller.id}")).json
    clients = (await control(caller, "GET", "clients")).json["clients"]

    assert [(each["client_id"], each["status"]) for each in listed] == [(caller.id, 418)]
    assert (family["grant_type"], family["generation"]) == ("client_credentials", 0)
    assert removed == {"removed": True}
    assert caller.id not in [each["id"] for each in clients]


async def test_another_sites_page_cannot_turn_the_knobs(client: Make) -> None:
    caller = client()

    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        refused = await caller.ask("POST", "/__sandbox__/clients", data="{}", headers=headers)
        assert refused.status == 403


async def test_another_sites_page_cannot_consent(client: Make) -> None:
    caller = client()
    form = {
        "request": caller.authorize_url().partition("?")[2],
        "decision": "allow",
        "person": "ada",
    }

    refused = await caller.ask(
        "POST", "/authorize", data=form, headers={"Origin": "https://evil.example"}
    )

    assert refused.status == 403


async def test_the_start_page_shows_what_happened(client: Make) -> None:
    caller = client("token.json_body")
    await caller.me("none")
    await caller.ask(
        "POST", "/token", json={"grant_type": "client_credentials"}, headers=caller.basic()
    )

    page = await caller.ask("GET", "/")

    shown = (caller.id, "token.json_body", "Ada Byron", "GET /api/me", "POST /token", "alive")
    assert all(text in page.text for text in shown)


async def test_a_person_can_consent_by_themselves(client: Make) -> None:
    caller = client(auto_approve="ada")

    answer = await caller.ask("GET", caller.authorize_url())

    assert answer.status == 303
    assert "code=" in answer.headers["location"]
