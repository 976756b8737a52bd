import base64

import pytest
from dirty_equals import IsInt, IsStr, IsUUID
from inline_snapshot import snapshot

from jackfield.projects.repo import ApiKeys
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import OWNER, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_a_new_session_carries_a_token_and_a_link_to_open(hub: Running) -> None:
    response = await hub.api.post(
        "/connect_sessions",
        json={**OWNER, "expires_in": 600, "metadata": {"plan": "pro"}, "type": "test"},
    )

    assert response.status_code == 201
    assert response.json() == snapshot(
        {
            "id": IsInt(ge=0, lt=2**53),
            "organization_id": "1",
            "project_id": IsStr(regex="prj_\\w{26}"),
            "origin_owner_id": "acme",
            "origin_owner_name": "Acme Inc.",
            "origin_username": None,
            "provider": None,
            "categories": None,
            "account_id": None,
            "label": None,
            "metadata": {"plan": "pro"},
            "type": "test",
            "integration_id": None,
            "connector_profile_id": None,
            "shared": False,
            "multiple": False,
            "relink": False,
            "scopes": None,
            "actions": None,
            "allowed_origins": None,
            "status": "open",
            "pending_link_id": None,
            "external_trigger_token": IsUUID(4),
            "latest_connection_attempt": None,
            "created_at": "2026-03-01T09:30:00Z",
            "expires_at": "2026-03-01T09:40:00Z",
            "token": IsStr(regex="jf_ct_[\\w-]{43}"),
            "auth_link_url": IsStr(
                regex=r"https://hub\.test/embedded/integrations\?token=jf_ct_[\w-]{43}"
            ),
        }
    )


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [
        ("speakeasy-sdk/typescript 4.28.0 2.7 x @stackone/stackone-client-ts", int),
        ("speakeasy-sdk/typescript 4.34.1 2.7 x @stackone/stackone-client-ts", str),
        ("curl/8", str),
    ],
)
async def test_the_organization_is_of_the_type_the_client_insists_on(
    hub: Running, user_agent: str, kind: type
) -> None:
    response = await hub.api.post(
        "/connect_sessions", json=OWNER, headers={"user-agent": user_agent}
    )

    assert type(response.json()["organization_id"]) is kind


async def test_a_token_tells_its_own_project_which_session_it_opens(hub: Running) -> None:
    session = await hub.session()

    response = await hub.api.post(
        "/connect_sessions/authenticate", json={"token": session["token"]}
    )

    assert response.status_code == 201
    assert response.json()["id"] == session["id"]
    assert "token" not in response.json()


async def test_a_token_that_opens_nothing_is_not_found_and_told_why(
    hub: Running, clock: FrozenClock
) -> None:
    expired = await hub.session(expires_in=10)
    used = await hub.session()
    await hub.submit(used["token"], {"api_key": hub.us_key, "region": "us"})
    clock.advance(seconds=10)

    answers = [
        await hub.api.post("/connect_sessions/authenticate", json={"token": token})
        for token in (expired["token"], used["token"], "jf_ct_unknown")
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert {answer.json()["code"] for answer in answers} == {"connect_session_not_found"}
    assert [
        next(
            words for words in ("expired", "already linked", "No connect session") if words in text
        )
        for text in (answer.json()["message"] for answer in answers)
    ] == ["expired", "already linked", "No connect session"]


async def test_another_projects_token_cannot_be_told_from_none(hub: Running) -> None:
    session = await hub.session()
    theirs = await hub.key(project="theirs")

    answers = [
        await hub.api.post(
            "/connect_sessions/authenticate", json={"token": token}, auth=(theirs, "")
        )
        for token in (session["token"], "jf_ct_unknown")
    ]

    assert [(answer.status_code, answer.json()["message"]) for answer in answers] == [
        (404, answers[1].json()["message"])
    ] * 2


@pytest.mark.parametrize(
    ("body", "faulty"),
    [
        ({}, "origin_owner_id"),
        ({"origin_owner_id": "", "origin_owner_name": "x"}, "origin_owner_id"),
        ({**OWNER, "origin_owner_name": 5}, "origin_owner_name"),
        ({**OWNER, "expires_in": 9}, "expires_in"),
        ({**OWNER, "expires_in": 10**9}, "expires_in"),
        ({**OWNER, "type": "staging"}, "type"),
        ({**OWNER, "categories": ["ok", 1]}, "categories"),
    ],
)
async def test_a_wrong_type_is_named_by_its_path(
    hub: Running, body: dict[str, object], faulty: str
) -> None:
    response = await hub.api.post("/connect_sessions", json=body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert faulty in response.json()["message"]


async def test_null_means_not_given(hub: Running) -> None:
    names = ("origin_username", "provider", "categories", "integration_id", "account_id")
    names += ("multiple", "label", "expires_in", "metadata", "type")

    response = await hub.api.post("/connect_sessions", json={**OWNER, **dict.fromkeys(names)})

    assert response.status_code == 201
    assert response.json()["type"] == "production"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"provider": "iterabel"}, "connector_not_found"),
        ({"connector_profile_id": "cpr_0"}, "profile_not_found"),
        ({"integration_id": "cpr_0"}, "profile_not_found"),
        ({"account_id": "acc_0"}, "account_not_found"),
    ],
)
async def test_what_a_session_names_must_exist(
    hub: Running, wanted: dict[str, str], code: str
) -> None:
    response = await hub.api.post("/connect_sessions", json={**OWNER, **wanted})

    assert (response.status_code, response.json()["code"]) == (404, code)


async def test_an_unknown_provider_gets_a_suggestion(hub: Running) -> None:
    response = await hub.api.post("/connect_sessions", json={**OWNER, "provider": "iterabel"})

    assert "Did you mean 'iterable'?" in response.json()["message"]


@pytest.mark.parametrize("form", ["{key}:", "{key}", ":{key}", "{key}:{key}"])
async def test_a_key_is_taken_in_each_form_of_basic(hub: Running, form: str) -> None:
    key = await hub.key()
    encoded = base64.b64encode(form.format(key=key).encode()).decode()

    response = await hub.api.get(
        "/accounts", auth=None, headers={"authorization": f"Basic {encoded}"}
    )

    assert response.status_code == 200


async def test_a_key_is_taken_as_bearer(hub: Running) -> None:
    key = await hub.key()

    response = await hub.api.get("/accounts", auth=None, headers={"authorization": f"Bearer {key}"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!", "Basic Og==", "Bearer", "Digest x", "Bearer jf_sk_nobody"]
)
async def test_anything_else_is_nobody(hub: Running, header: str) -> None:
    response = await hub.api.get("/accounts", auth=None, headers={"authorization": header})

    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert response.headers["www-authenticate"].startswith("Basic")


async def test_a_revoked_key_stops_working_at_once(hub: Running) -> None:
    key = await hub.key()
    assert (await hub.api.get("/accounts", auth=(key, ""))).status_code == 200
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        for each in await ApiKeys(tx).all():
            await ApiKeys(tx).revoke(each.id)

    assert (await hub.api.get("/accounts", auth=(key, ""))).status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b'{"origin_owner_id": "\xff"}', 400, "invalid_json"),
        (b"[" * 100_000, 422, "invalid_request"),
        (b'{"metadata": {"x":' + b"[" * 100_000, 400, "invalid_json"),
        (b'{"x":' * 10_000 + b"1" + b"}" * 10_000, 400, "invalid_json"),
        (b"[]", 422, "invalid_request"),
        (b" " * 17_000_000, 413, "body_too_large"),
    ],
    ids=["empty", "cut", "utf-16", "latin-1", "lists", "deep", "objects", "a list", "huge"],
)
async def test_a_body_that_cannot_be_read_is_refused(
    hub: Running, body: bytes, status: int, code: str
) -> None:
    response = await hub.api.post("/connect_sessions", content=body)

    assert (response.status_code, response.json()["code"]) == (status, code)
