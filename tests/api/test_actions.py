import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = pytest.mark.anyio

SEEDED = "avery.abbott@example.com"


async def test_an_action_returns_what_the_provider_has(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.run(account_id, "iterable_list_message_types")

    assert response.status_code == 200
    assert {"id", "name", "channelId"} <= response.json()["data"][0].keys()
    assert response.json()["next"] is None


@pytest.mark.parametrize("place", ["query", "body", "path"])
async def test_an_argument_is_taken_wherever_a_client_puts_it(hub: Running, place: str) -> None:
    account_id = await hub.link()

    response = await hub.run(account_id, "iterable_get_user_by_email", **{place: {"email": SEEDED}})

    assert response.json()["data"]["email"] == SEEDED


async def test_the_account_can_be_named_in_the_body(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.api.post(
        "/actions/rpc",
        json={"action": "iterable_list_channels", "headers": {"x-account-id": account_id}},
    )

    assert response.status_code == 200


async def test_without_an_account_there_is_nothing_to_run_with(hub: Running) -> None:
    response = await hub.api.post("/actions/rpc", json={"action": "iterable_list_channels"})

    assert (response.status_code, response.json()["code"]) == (400, "account_missing")
    assert response.json()["message"] == "Missing x-account-id header in request."


async def test_pages_are_followed_by_their_cursor_and_cover_everything_once(hub: Running) -> None:
    account_id = await hub.link()
    seen: list[int] = []
    cursor = None

    for _ in range(20):
        query = {"page_size": 3} | ({"next": cursor} if cursor else {})
        page = (await hub.run(account_id, "iterable_list_campaigns", query=query)).json()
        seen += [row["id"] for row in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert cursor is None
    assert len(seen) == len(set(seen)) >= 12


async def test_a_write_reaches_the_provider_and_can_be_read_back(hub: Running) -> None:
    account_id = await hub.link()

    created = await hub.run(account_id, "iterable_create_list", body={"name": "From the hub"})
    lists = (await hub.run(account_id, "iterable_list_lists")).json()["data"]

    assert created.status_code == 200
    assert "From the hub" in [each["name"] for each in lists]


async def test_every_fault_of_the_inputs_is_named_and_nothing_is_sent(hub: Running) -> None:
    account_id = await hub.link()
    before = len(hub.sandbox.us.requests)

    response = await hub.run(
        account_id,
        "iterable_subscribe_users_to_list",
        body={"listId": "many", "subscriber": [], "updateExistingUsersOnly": 7},
    )

    assert (response.status_code, response.json()["code"]) == (422, "invalid_inputs")
    assert {fault["path"] for fault in response.json()["faults"]} == {
        "body.listId",
        "body.subscriber",
        "body.subscribers",
        "body.updateExistingUsersOnly",
    }
    assert "many" not in response.json()["message"]
    assert len(hub.sandbox.us.requests) == before


async def test_an_unknown_action_gets_a_suggestion(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.run(account_id, "iterable_list_chanels")

    assert (response.status_code, response.json()["code"]) == (404, "action_not_found")
    assert "'iterable_list_channels'" in response.json()["message"]


async def test_an_unknown_account_is_not_found(hub: Running) -> None:
    response = await hub.run("acc_0", "iterable_list_channels")

    assert (response.status_code, response.json()["code"]) == (404, "account_not_found")


async def test_another_projects_account_cannot_be_told_from_none(hub: Running) -> None:
    account_id = await hub.link()
    theirs = await hub.key(project="theirs")

    async def ask(method: str, path: str, account: str) -> tuple[int, str, str]:
        response = await hub.api.request(
            method,
            path.format(account),
            auth=(theirs, ""),
            headers={"x-account-id": account},
            json={"action": "iterable_list_channels"} if method == "POST" else None,
        )
        return response.status_code, response.json()["code"], response.json()["message"]

    for method, path in (
        ("GET", "/accounts/{}"),
        ("DELETE", "/accounts/{}"),
        ("POST", "/actions/rpc"),
        ("POST", "/jackfield/accounts/{}/suspend"),
        ("POST", "/jackfield/accounts/{}/check"),
    ):
        assert await ask(method, path, account_id) == await ask(method, path, "acc_0")
    assert (await hub.api.get(f"/accounts/{account_id}")).json()["status"] == "active"


async def test_a_refusal_of_the_provider_comes_with_its_own_words(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.run(account_id, "iterable_get_list_size", path={"listId": 999_999})

    body = response.json()
    assert (response.status_code, body["code"]) == (502, "provider_rejected")
    assert body["message"] == snapshot("Invalid email list id")
    (said,) = body["provider_errors"]
    assert said["status"] == 400
    assert "999999" in said["url"]


async def hang(_writer: asyncio.StreamWriter, _seen: Seen) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (reply('{"msg": "no", "code": "GenericError"}', status=500), 503, "provider_unavailable"),
        (reply('{"msg": "slow down"}', status=429), 429, "provider_rate_limited"),
        (reply('{"msg": "no"}', status=403), 502, "provider_rejected"),
        (reply(b"x" * 40_000_000), 502, "provider_answer_too_large"),
        (reply('{"chan', headers={"content-length": "100"}), 503, "provider_unavailable"),
        (
            reply("<html>Sign in</html>", headers={"content-type": "text/html"}),
            502,
            "provider_answer_unreadable",
        ),
        (reply('{"channels": [', headers={}), 502, "provider_answer_unreadable"),
    ],
    ids=["fails", "limits", "forbids", "huge", "broken off", "html", "cut json"],
)
async def test_a_provider_that_misbehaves_is_a_clear_error(
    data_dir: Path, clock: FrozenClock, sandbox: object, answer: Answer, status: int, code: str
) -> None:
    # Linking asks twice: whether the key is good, and whose account it is for.
    turns = [reply('{"channels": []}'), reply('{"channels": []}'), answer]

    async def switch(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await (turns.pop(0) if len(turns) > 1 else turns[0])(writer, seen)

    async with (
        scripted(switch) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account_id = await hub.link(key="k" * 32)
        response = await hub.run(account_id, "iterable_list_channels")
        alive = await hub.api.get("/healthz")

    assert (response.status_code, response.json()["code"]) == (status, code)
    # When it failed, after every attempt, and not when it was asked.
    assert datetime.fromisoformat(response.json()["timestamp"]) == clock()
    assert alive.status_code == 200


async def test_a_provider_that_echoes_the_key_does_so_to_nobody(
    data_dir: Path, clock: FrozenClock, sandbox: object
) -> None:
    key = "0123456789abcdef0123456789abcdef"
    echo = f'{{"msg": "Api-Key: {key}", "code": "BadJsonBody", "channels": [{{"name": "{key}"}}]}}'
    good = reply('{"channels": []}')
    turns = [good, good, reply(echo), reply(echo, status=400)]

    async def switch(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await (turns.pop(0) if len(turns) > 1 else turns[0])(writer, seen)

    async with (
        scripted(switch) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account_id = await hub.link(key=key)
        answers = [await hub.run(account_id, "iterable_list_channels") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 502]
    for answer in answers:
        assert key not in answer.text
        assert "[redacted]" in answer.text


async def test_actions_are_listed_with_what_they_take(hub: Running) -> None:
    everything = (await hub.api.get("/actions?filter[connectors]=iterable")).json()
    found = (
        await hub.api.get(
            "/actions?filter[action_key]=iterable_get_user_by_email&include=action_details"
        )
    ).json()

    assert len(everything["data"][0]["actions"]) >= 25
    assert all(len(each["id"]) <= 60 for each in everything["data"][0]["actions"])
    (action,) = next(c for c in found["data"] if c["key"] == "iterable")["actions"]
    assert action["effects"] == ["read"]
    assert action["input_schema"]["properties"]["email"]["type"] == "string"


async def test_every_run_is_recorded(hub: Running) -> None:
    account_id = await hub.link()
    await hub.run(account_id, "iterable_list_channels")
    await hub.run(account_id, "iterable_get_list_size", path={"listId": 999_999})
    await hub.hub.write_buffer.flush()

    runs = await hub.hub.db.unscoped(
        "select action_id, success, status_code, error_code from runs order by id"
    )

    assert sorted(runs, key=lambda run: run["status_code"]) == [
        {
            "action_id": "iterable_list_channels",
            "success": True,
            "status_code": 200,
            "error_code": None,
        },
        {
            "action_id": "iterable_get_list_size",
            "success": False,
            "status_code": 502,
            "error_code": "provider_rejected",
        },
    ]
