"""Linking an account, as the published Hub component does it."""

import asyncio
import io

import pytest
from dirty_equals import IsPartialDict, IsStr
from inline_snapshot import snapshot

from jackfield.accounts.models import AccountPage
from jackfield.accounts.repo import Accounts
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def accounts(hub: Running) -> list[str]:
    async with hub.hub.db.read(hub.project.id) as tx:
        return [account.id for account in await Accounts(tx).page(AccountPage())]


async def test_a_right_key_links_an_account_that_stands_in_the_list(hub: Running) -> None:
    session = await hub.session(provider="iterable", label="main")

    response = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert response.status_code == 201
    assert response.json() == {
        "id": IsStr(regex=r"acc_\w{26}"),
        "provider": "iterable",
        "status": "linked",
    }
    (listed,) = (await hub.api.get("/accounts")).json()
    assert listed == snapshot(
        {
            "id": IsStr(regex="acc_\\w{26}"),
            "provider": "iterable",
            "provider_name": "Iterable",
            "status": "active",
            "status_reasons": [],
            "origin_owner_id": "acme",
            "origin_owner_name": "Acme Inc.",
            "origin_username": None,
            "setup_information": {"region": "us"},
            "label": "main",
            "type": "production",
            "shared": False,
            "metadata": {},
            "integration_id": IsStr(regex="cpr_\\w{26}"),
            "connector_profile_id": IsStr(regex="cpr_\\w{26}"),
            "authentication_config_key": "api_key",
            "environment": "production",
            "created_at": "2026-03-01T09:30:00Z",
            "updated_at": "2026-03-01T09:30:00Z",
            "allowed_actions": None,
            "reconnect": None,
            "credentials": {},
        }
    )


async def test_a_region_can_be_named_by_its_label(hub: Running) -> None:
    session = await hub.session()

    response = await hub.submit(
        session["token"], {"api_key": hub.eu_key, "region": "European Union"}
    )

    assert response.status_code == 201
    assert (await hub.api.get("/accounts")).json()[0]["setup_information"] == {"region": "eu"}


@pytest.mark.parametrize(
    ("key", "region", "field", "words"),
    [
        ("0" * 32, "us", "api_key", "does not know this key in either data center"),
        ("not a key", "us", "api_key", "does not know this key in either data center"),
        ("eu server_side", "us", "region", "belongs to the EU data center"),
        ("us server_side", "eu", "region", "belongs to the US data center"),
        ("us mobile", "us", "api_key", "Disabled API key or insufficient privileges"),
        ("us javascript", "us", "api_key", "Disabled API key or insufficient privileges"),
    ],
)
async def test_a_rejected_key_is_told_why_at_the_field_it_is_about(
    hub: Running, key: str, region: str, field: str, words: str
) -> None:
    origin, _, kind = key.partition(" ")
    if origin in ("us", "eu"):
        key = getattr(hub.sandbox, origin).api_keys[kind]
    session = await hub.session()

    response = await hub.submit(session["token"], {"api_key": key, "region": region})

    body = response.json()
    assert (response.status_code, body["code"]) == (400, "credential_rejected")
    assert words in body["message"]
    assert [fault["path"] for fault in body["faults"]] == [f"credentials.{field}"]
    assert key not in response.text
    assert await accounts(hub) == []


async def test_a_failed_attempt_leaves_the_session_open(hub: Running) -> None:
    session = await hub.session()
    await hub.submit(session["token"], {"api_key": "0" * 32, "region": "us"})

    response = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert response.status_code == 201


async def test_everything_wrong_with_the_form_is_said_at_once(hub: Running) -> None:
    session = await hub.session()

    response = await hub.submit(session["token"], {"region": "mars", "regoin": "us"})

    body = response.json()
    assert (response.status_code, body["code"]) == (422, "invalid_fields")
    assert {fault["path"]: fault["message"] for fault in body["faults"]} == snapshot(
        {
            "credentials.regoin": "This is not asked for. Did you mean 'region'?",
            "credentials.api_key": "API Key is required.",
            "credentials.region": "Region must be one of: United States, European Union.",
        }
    )
    assert list(hub.sandbox.us.requests) == []


async def test_a_session_links_once(hub: Running) -> None:
    session = await hub.session()
    credentials = {"api_key": hub.us_key, "region": "us"}
    await hub.submit(session["token"], credentials)

    response = await hub.submit(session["token"], credentials)

    assert (response.status_code, response.json()["code"]) == (401, "connect_session_used")
    assert len(await accounts(hub)) == 1


async def test_two_windows_of_one_session_link_one_account(hub: Running) -> None:
    session = await hub.session(multiple=True)
    credentials = {"api_key": hub.us_key, "region": "us"}

    responses = await asyncio.gather(*(hub.submit(session["token"], credentials) for _ in range(4)))

    assert sorted(response.status_code for response in responses) == [201, 401, 401, 401]
    assert len(await accounts(hub)) == 1


async def test_an_expired_session_links_nothing(hub: Running, clock: FrozenClock) -> None:
    session = await hub.session(expires_in=10)
    clock.advance(seconds=10)

    response = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})

    assert (response.status_code, response.json()["code"]) == (401, "connect_session_expired")


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: token + "x", str.upper])
async def test_a_tampered_token_opens_nothing(hub: Running, change: object) -> None:
    session = await hub.session()
    assert callable(change)

    response = await hub.submit(change(session["token"]), {})

    assert (response.status_code, response.json()["code"]) == (401, "connect_token_invalid")


async def test_no_token_opens_nothing(hub: Running) -> None:
    response = await hub.api.get("/hub/settings")

    assert (response.status_code, response.json()["code"]) == (401, "connect_token_invalid")


async def test_the_same_owner_and_provider_edit_the_account_they_have(hub: Running) -> None:
    first = await hub.link()

    second = await hub.link(key=hub.sandbox.us.api_keys["read_only"])

    assert first == second
    assert (await hub.run(first, "iterable_list_channels")).status_code == 200


async def test_multiple_lets_the_same_owner_link_another(hub: Running) -> None:
    first = await hub.link()

    second = await hub.link(multiple=True)

    assert first != second


async def test_an_account_is_edited_without_typing_its_key_again(hub: Running) -> None:
    account_id = await hub.link()
    session = await hub.session(account_id=account_id)
    headers = {"x-hub-session-token": session["token"]}

    settings = (await hub.api.get("/hub/settings", headers=headers)).json()
    prefill = (await hub.api.get(f"/hub/accounts/{account_id}", headers=headers)).json()
    changed = await hub.api.patch(
        f"/hub/accounts/{account_id}", headers=headers, json={"credentials": {"region": "us"}}
    )

    assert settings["existing_account_id"] == account_id
    assert prefill == IsPartialDict(
        secureId=account_id,
        setupInformation={"region": "us"},
        secrets={"api_key": f"__secretvalue:**redacted**{hub.us_key[-4:]}"},
        authConfigKey="api_key",
    )
    assert changed.status_code == 200
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200


async def test_an_edit_that_the_provider_refuses_changes_nothing(hub: Running) -> None:
    account_id = await hub.link()
    session = await hub.session(account_id=account_id)

    refused = await hub.api.patch(
        f"/hub/accounts/{account_id}",
        headers={"x-hub-session-token": session["token"]},
        json={"credentials": {"region": "eu"}},
    )

    assert (refused.status_code, refused.json()["code"]) == (400, "credential_rejected")
    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert account["setup_information"] == {"region": "us"}
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200


async def test_a_session_cannot_touch_another_owners_account(hub: Running) -> None:
    theirs = await hub.link(origin_owner_id="rival", origin_owner_name="Rival Ltd.")
    session = await hub.session()
    headers = {"x-hub-session-token": session["token"]}

    seen = await hub.api.get(f"/hub/accounts/{theirs}", headers=headers)
    changed = await hub.api.patch(
        f"/hub/accounts/{theirs}", headers=headers, json={"credentials": {"region": "us"}}
    )

    assert seen.json()["code"] == changed.json()["code"] == "account_not_found"


async def test_the_form_is_what_the_published_component_reads(hub: Running) -> None:
    session = await hub.session()
    headers = {"x-hub-session-token": session["token"]}
    (offered,) = (await hub.api.get("/hub/connectors?provider=iterable", headers=headers)).json()[
        "integrations"
    ]

    form = await hub.api.get(f"/hub/connectors/{offered['integration_id']}", headers=headers)

    config = form.json()["config"]
    assert "authentication" not in config
    assert config["key"] == "iterable"
    assert [
        (field["key"], field["label"], field["type"], field["secret"], field["required"])
        for field in config["configFields"]
    ] == [
        ("api_key", "API Key", "password", True, True),
        ("region", "Region", "select", False, True),
    ]
    assert config["configFields"][1]["options"] == [
        {"label": "United States", "value": "us"},
        {"label": "European Union", "value": "eu"},
    ]


async def hang(_writer: asyncio.StreamWriter, _seen: Seen) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (reply("{}", status=500), 503, "provider_unavailable"),
        (reply("<html>502</html>", status=502), 503, "provider_unavailable"),
        (reply(b"x" * 40_000_000), 502, "provider_answer_too_large"),
        (reply('{"chan', headers={"content-length": "100"}), 503, "provider_unavailable"),
    ],
    ids=["fails", "gateway", "huge", "broken off"],
)
async def test_a_provider_that_fails_links_nothing_and_says_so(
    hub: Running, tmp_path: object, clock: FrozenClock, answer: Answer, status: int, code: str
) -> None:
    async with (
        scripted(answer) as provider,
        running_hub(
            hub.sandbox, data_dir=tmp_path / "other", clock=clock, provider=provider.url
        ) as other,
    ):
        session = await other.session()
        response = await other.submit(session["token"], {"api_key": "k" * 32, "region": "us"})
        alive = await other.api.get("/healthz")

        assert (response.status_code, response.json()["code"]) == (status, code)
        assert await accounts(other) == []
        assert alive.status_code == 200


async def test_a_key_is_nowhere_but_with_the_provider(hub: Running, log_lines: io.StringIO) -> None:
    account_id = await hub.link()
    await hub.run(account_id, "iterable_list_channels")
    await hub.hub.write_buffer.flush()

    answers = [
        (await hub.api.get(path)).text
        for path in ("/accounts", f"/accounts/{account_id}", "/actions")
    ]
    stored = [
        repr(row)
        for table in ("accounts", "credentials", "connect_sessions", "events", "runs")
        for row in await hub.hub.db.unscoped(f"select * from {table}")
    ]

    for text in (*answers, *stored, log_lines.getvalue()):
        assert hub.us_key not in text
