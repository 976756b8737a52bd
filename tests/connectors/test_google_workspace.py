"""Google's ways to link: its sign-in, and service accounts with the file of their key."""

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.oakdale import Browser, Provider
from tests.support.running import HubWith, Running
from tests.support.scripted import reply, scripted

pytestmark = pytest.mark.anyio

GOOGLE: Final = "google_workspace"
HOSTS: Final = ("www", "gmail", "oauth2")
SCOPE: Final = "https://www.googleapis.com/auth/"
MAILBOX: Final = "/gmail/v1/users/me/profile"
CALENDARS: Final = "/calendar/v3/users/me/calendarList"
DRIVE: Final = "/drive/v3/about?fields=user"


@pytest.fixture(scope="module")
def key_file() -> str:
    """Return the file that Google gives out, as it writes it."""
    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    content = {
        "type": "service_account",
        "project_id": "acme-1",
        "private_key_id": "0f1e2d3c",
        "private_key": pem,
        "client_email": "hub@acme-1.iam.gserviceaccount.com",
        "client_id": "108123456789012345678",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return json.dumps(content, indent=2)


@asynccontextmanager
async def google(
    hub_with: HubWith, way: str, **setup: str
) -> AsyncGenerator[tuple[Running, Provider]]:
    """Open a hub with a profile for this way to link; Sheets is a server of its own."""
    provider = Provider(answers={CALENDARS: {"items": []}})
    async with scripted(provider.answer) as server, scripted(reply(status=403)) as sheets:
        provider.server = server
        rewrite = {f"https://{host}.googleapis.com": server.url for host in HOSTS}
        rewrite["https://sheets.googleapis.com"] = sheets.url
        async with hub_with(rewrite=rewrite) as hub:
            profile = {"connector_key": GOOGLE, "authentication_config_key": way, "default": True}
            created = await hub.api.post("/connector_profiles", json={**profile, "setup": setup})
            assert created.status_code == 201, created.text
            yield hub, provider


def part(token: str, index: int) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[index] + "=="))


def asked(provider: Provider) -> list[str]:
    assert provider.server is not None
    return [seen.line.split()[1] for seen in provider.server.seen if "/token" not in seen.line]


async def test_sign_in_asks_for_what_lasts_and_for_the_widest_scopes_alone(
    hub_with: HubWith,
) -> None:
    async with google(hub_with, "oauth2", clientId="app", clientSecret="GOCSPX-secret") as (hub, _):
        every = await Browser.of(hub, GOOGLE).leave(hub)
        reads = [f"{GOOGLE}_get_message", f"{GOOGLE}_list_labels", f"{GOOGLE}_read_values"]
        some = await Browser.of(hub, GOOGLE).leave(hub, actions=reads)

    assert (every["access_type"], every["prompt"]) == ("offline", "consent")
    assert every["include_granted_scopes"] == "true"
    assert every["code_challenge_method"] == "S256"
    assert every["scope"].replace(SCOPE, "").split() == [
        "openid",
        "userinfo.email",
        "gmail.modify",
        "calendar.calendarlist.readonly",
        "calendar.freebusy",
        "calendar.events",
        "drive",
    ]
    assert some["scope"].replace(SCOPE, "").split() == [
        "openid",
        "userinfo.email",
        "gmail.readonly",
        "spreadsheets.readonly",
    ]


async def test_sign_in_is_tried_by_asking_whose_it_is(
    hub_with: HubWith,
) -> None:
    async with google(hub_with, "oauth2", clientId="app", clientSecret="GOCSPX-secret") as made:
        hub, provider = made
        provider.tokens["scope"] = f"openid {SCOPE}userinfo.email {SCOPE}gmail.modify"
        browser = Browser.of(hub, GOOGLE)
        left = await browser.leave(hub, actions=[f"{GOOGLE}_get_profile", f"{GOOGLE}_get_file"])
        await browser.come_back(code="c-1", state=left["state"])
        ended = await browser.attempt(left)

    assert ended["status"] == "authenticated"
    assert provider.exchanges[0]["client_secret"] == "GOCSPX-secret"
    assert "/oauth2/v2/userinfo" in asked(provider)


async def test_file_of_a_key_is_all_that_a_service_account_needs(
    hub_with: HubWith, key_file: str, log_lines: StringIO
) -> None:
    typed = {"key_file": key_file, "subject": "ada@acme.example"}
    async with google(hub_with, "service_account") as (hub, provider):
        account = await hub.link_to(GOOGLE, typed)
        shown = (await hub.api.get(f"/accounts/{account}")).text

    exchange = provider.exchanges[0]
    claims = part(exchange["assertion"], 1)
    assert exchange["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert part(exchange["assertion"], 0) == {"alg": "RS256", "typ": "JWT", "kid": "0f1e2d3c"}
    assert {name: claims[name] for name in ("iss", "sub", "aud")} == {
        "iss": "hub@acme-1.iam.gserviceaccount.com",
        "sub": "ada@acme.example",
        "aud": "https://oauth2.googleapis.com/token",
    }
    assert claims["exp"] - claims["iat"] <= 3600
    assert f"{SCOPE}gmail.modify" in claims["scope"].split()
    assert asked(provider)[:3] == [MAILBOX, CALENDARS, DRIVE]
    assert "PRIVATE KEY" not in shown + log_lines.getvalue()


async def test_service_account_for_itself_is_tried_with_what_it_has_scopes_for(
    hub_with: HubWith, key_file: str
) -> None:
    typed = {"key_file": key_file, "scopes": f"{SCOPE}gmail.readonly {SCOPE}drive.file"}
    async with google(hub_with, "service_account") as (hub, provider):
        await hub.link_to(GOOGLE, typed)

    assert "sub" not in part(provider.exchanges[0]["assertion"], 1)
    assert asked(provider)[:1] == [DRIVE]
    assert MAILBOX not in asked(provider)


@pytest.mark.parametrize(
    ("status", "refusal", "field"),
    [
        (401, {"error": "unauthorized_client"}, "scopes"),
        (
            400,
            {"error": "invalid_grant", "error_description": "Invalid email or User ID"},
            "subject",
        ),
        (
            400,
            {"error": "invalid_grant", "error_description": "Invalid JWT Signature."},
            "key_file",
        ),
        (400, {"error": "invalid_scope", "error_description": "Bad scope"}, "scopes"),
    ],
)
async def test_refusal_of_a_service_account_is_told_at_the_field_to_mend(
    hub_with: HubWith, key_file: str, status: int, refusal: dict[str, str], field: str
) -> None:
    typed = {"key_file": key_file, "subject": "ada@acme.example"}
    async with google(hub_with, "service_account") as (hub, provider):
        provider.tokens, provider.status = refusal, status
        session = await hub.session(provider=GOOGLE)
        refused = await hub.submit(session["token"], typed, provider=GOOGLE)

    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] == "credential_rejected", refused.text
    assert [each["path"] for each in refused.json()["faults"]] == [f"credentials.{field}"]


async def test_key_that_cannot_be_read_is_told_at_the_file_it_is_in(
    hub_with: HubWith, key_file: str
) -> None:
    broken = json.loads(key_file)
    broken["private_key"] = broken["private_key"].replace("A", "")
    async with google(hub_with, "service_account") as (hub, provider):
        session = await hub.session(provider=GOOGLE)
        refused = await hub.submit(
            session["token"], {"key_file": json.dumps(broken)}, provider=GOOGLE
        )

    assert refused.status_code == 400, refused.text
    assert [each["path"] for each in refused.json()["faults"]] == ["credentials.key_file"]
    assert provider.exchanges == []


async def test_permissions_are_found_out_at_the_api_that_each_action_asks(
    hub_with: HubWith, key_file: str
) -> None:
    async with google(hub_with, "service_account") as (hub, _):
        account = await hub.link_to(GOOGLE, {"key_file": key_file, "subject": "ada@acme.example"})
        found = (await hub.api.post(f"/jackfield/accounts/{account}/permissions")).json()

    refused = {each["label"] for each in found["actions"] if each["verdict"] == "refused"}
    assert found["counts"]["unknown"] == 0
    assert refused == {
        "Get a spreadsheet",
        "Read cells",
        "Read several ranges",
        "Append rows",
        "Write cells",
        "Create a spreadsheet",
    }
