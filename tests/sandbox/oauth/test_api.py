"""The API that tokens are for, introspection, OAuth 1 and Fernwood."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from oauthlib.oauth1 import Client as Signer

from jackfield.sandbox.oauth.authority import FERNWOOD
from jackfield.sandbox.oauth.fernwood import SERVICE_KEY
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import CHALLENGE, REDIRECT, VERIFIER, Answer, Caller, came

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]


async def get(caller: Caller, path: str, token: str, **options: Any) -> Answer:
    headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
    return await caller.ask(options.pop("method", "GET"), path, headers=headers, **options)


def granted(sandbox: OAuthSandbox, caller: Caller, person: str, *scopes: str) -> str:
    added = sandbox.authority.clients.get(caller.id)
    assert added is not None
    return sandbox.grant(added, person, scopes).access.value


async def test_people_are_listed_page_by_page(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client()
    token = granted(sandbox, caller, "noor")

    first = (await get(caller, "/api/people?limit=2", token)).json
    rest = (await get(caller, f"/api/people?cursor={first['next']}", token)).json

    assert [each["id"] for each in first["people"] + rest["people"]] == ["kim", "noor", "zoe"]
    assert rest["next"] is None


async def test_a_person_may_belong_to_several_companies(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client()

    tenants = (await get(caller, "/api/tenants", granted(sandbox, caller, "noor"))).json["tenants"]

    assert [each["subdomain"] for each in tenants] == ["birch", "cedar"]


async def test_a_scope_that_was_not_granted_is_named(sandbox: OAuthSandbox, client: Make) -> None:
    caller, other = client(), client()
    reader = granted(sandbox, caller, "ada", "notes.read")
    writer = granted(sandbox, caller, "ada", "notes.write")

    refused = await get(caller, "/api/notes", reader, method="POST", json={"text": "Hi"})
    written = await get(caller, "/api/notes", writer, method="POST", json={"text": "Hi"})
    notes = (await get(caller, "/api/notes", reader)).json["notes"]

    assert refused.status == 403
    assert 'scope="notes.write"' in refused.headers["www-authenticate"]
    assert written.status == 201
    assert [note["text"] for note in notes] == ["First note of Ada Byron", "Hi"]
    elsewhere = granted(sandbox, other, "ada", "notes.read")
    assert len((await get(other, "/api/notes", elsewhere)).json["notes"]) == 1


async def test_introspection_tells_whether_a_token_lives(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller, other = client(), client()
    token = granted(sandbox, caller, "ada", "notes.read")

    async def introspect(by: Caller) -> Any:
        answer = await by.ask("POST", "/introspect", data={"token": token}, headers=by.basic())
        return answer.json

    lives = await introspect(caller)
    foreign = await introspect(other)
    await caller.ask("POST", "/revoke", data={"token": token}, headers=caller.basic())

    assert (lives["active"], lives["sub"], lives["scope"]) == (True, "ada", "notes.read")
    assert foreign == {"active": False}
    assert await introspect(caller) == {"active": False}
    assert (await caller.me(token)).status == 401


async def test_answers_tell_the_time_of_the_sandbox(sandbox: OAuthSandbox, client: Make) -> None:
    sandbox.clock.advance(600)

    assert (await client().me("none")).headers["date"] == "Sun, 01 Mar 2026 09:40:00 GMT"


def sign(caller: Caller, method: str, path: str, **token: str) -> tuple[str, dict[str, str]]:
    signer = Signer(caller.id, caller.secret, timestamp="1772357400", **token)
    url, headers, _ = signer.sign(f"{caller.url}{path}", method)
    return url, headers


async def test_oauth_1_leads_to_a_token_that_signs_calls(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client()
    url, headers = sign(caller, "POST", "/oauth1/request_token", callback_uri=REDIRECT)
    asked = await caller.ask("POST", url, headers=headers)
    temporary = dict(parse_qsl(asked.text))
    page = await caller.ask("GET", f"/oauth1/authorize?oauth_token={temporary['oauth_token']}")
    callback = sandbox.approve(
        f"{caller.url}/oauth1/authorize?oauth_token={temporary['oauth_token']}", "kim"
    )
    url, headers = sign(
        caller, "POST", "/oauth1/access_token",
        resource_owner_key=temporary["oauth_token"],
        resource_owner_secret=temporary["oauth_token_secret"],
        verifier=came(callback)["oauth_verifier"],
    )  # fmt: skip
    lasting = dict(parse_qsl((await caller.ask("POST", url, headers=headers)).text))
    url, headers = sign(
        caller, "GET", "/api/me?fields=a%20b",
        resource_owner_key=lasting["oauth_token"],
        resource_owner_secret=lasting["oauth_token_secret"],
    )  # fmt: skip

    called = await caller.ask("GET", url, headers=headers)
    again = await caller.ask("GET", url, headers=headers)
    other = await caller.ask("GET", f"{caller.url}/api/me", headers=headers)

    assert temporary["oauth_callback_confirmed"] == "true"
    assert "wants to use your account" in page.text
    assert called.json["id"] == "kim"
    assert again.error == "nonce_used"
    assert other.error == "signature_invalid"


@pytest.fixture
async def fernwood(sandbox: OAuthSandbox, http: aiohttp.ClientSession) -> Caller:
    return Caller(http, sandbox.url, FERNWOOD.id, FERNWOOD.secret or "")


async def test_fernwood_signs_people_in(sandbox: OAuthSandbox, fernwood: Caller) -> None:
    url = fernwood.authorize_url(
        scope="people.read absence.read", code_challenge=CHALLENGE, code_challenge_method="S256"
    ).replace("/authorize", "/oauth/authorize")
    page = await fernwood.ask("GET", url)
    callback = sandbox.approve(url, "noor")
    data = {
        "grant_type": "authorization_code",
        "code": came(callback)["code"],
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        "client_id": fernwood.id,
        "client_secret": fernwood.secret,
    }
    tokens = (await fernwood.ask("POST", "/oauth/token", data=data)).json
    token = tokens["access_token"]

    async def company(host: str) -> Answer:
        return await get(fernwood, "/api/v2/company", token, headers={"Host": host})

    assert page.status == 200
    assert tokens["tenant_id"] == "birch"
    assert (await company("birch.fernwood.example")).json["name"] == "Birch & Co"
    assert (await company("cedar.fernwood.example")).json["name"] == "Cedar GmbH"
    assert (await company("acme.fernwood.example")).status == 403
    assert (await get(fernwood, "/api/v2/absences?from=2026-03-02", token)).status == 200
    renewed = await fernwood.ask(
        "POST", "/oauth/token", headers=fernwood.basic(),
        data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]},
    )  # fmt: skip
    assert renewed.json["refresh_token"] != tokens["refresh_token"]


async def test_fernwoods_lists_go_page_by_page(fernwood: Caller) -> None:
    key = {"Authorization": aiohttp.encode_basic_auth(*SERVICE_KEY)}
    host = {"Host": "acme.fernwood.example", **key}

    async def read(path: str) -> Answer:
        return await fernwood.ask("GET", f"/api/v2/{path}", headers=host)

    first = (await read("employees?state=active&limit=5")).json
    rest = (await read(f"employees?state=active&limit=5&after={first['paging']['next']}")).json
    one = (await read("employees/acme-3")).json
    absences = await read("absences?from=2026-03-02&to=2026-03-02")

    assert len(first["employees"]) + len(rest["employees"]) == 8
    assert rest["paging"]["next"] is None
    assert one["first_name"] == "Ines"
    assert absences.headers["link"] == '</api/v2/absences?from=2026-03-02&page=2>; rel="next"'
    assert (await read("employees/acme-99")).status == 404
