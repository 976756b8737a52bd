"""Sign-ins that a token endpoint refuses, in the words and numbers of each provider."""

import base64
import hashlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from jackfield.sandbox.connector.server import ConnectorSandbox, serve
from tests.support.clock import FrozenClock
from tests.support.running import own_catalog

pytestmark = pytest.mark.anyio

BACK = "https://hub.example/back"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
REVOKED = (400, "invalid_grant", "Token has been expired or revoked.")
WITH_PKCE = {"code_challenge": CHALLENGE.decode(), "code_challenge_method": "S256"}


@dataclass(frozen=True)
class App:
    """An app of a provider, whose users sign in."""

    key: str
    sandbox: ConnectorSandbox
    token_path: str

    @property
    def known(self) -> Mapping[str, str]:
        return self.sandbox.login("oauth2").values

    async def decide(self, decision: str) -> Mapping[str, list[str]]:
        """Let a person decide; return what the browser comes back with."""
        query = {
            "response_type": "code", "client_id": self.known["clientId"], "redirect_uri": BACK,
            "scope": "", "access_type": "offline", "prompt": "consent", **WITH_PKCE,
        }  # fmt: skip
        asked = str(httpx2.QueryParams({name: each for name, each in query.items() if each}))
        form = {"request": asked, "person": "ada", "decision": decision}
        async with httpx2.AsyncClient(base_url=self.sandbox.url) as provider:
            decided = await provider.post("/authorize", data=form)
        assert decided.status_code == 303, decided.text
        return parse_qs(urlsplit(decided.headers["location"]).query)

    async def ask(self, **form: str) -> httpx2.Response:
        app = {"client_id": self.known["clientId"], "client_secret": self.known["clientSecret"]}
        async with httpx2.AsyncClient(base_url=self.sandbox.url) as provider:
            return await provider.post(self.token_path, data={**app, **form})

    async def redeem(self, code: str, **changes: str) -> httpx2.Response:
        form = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER, **changes}
        return await self.ask(
            grant_type="authorization_code", **{name: each for name, each in form.items() if each}
        )


@pytest.fixture(
    params=[
        ("google_workspace", "/token"),
        ("salesforce", "/services/oauth2/token"),
        ("microsoft_365", "/organizations/oauth2/v2.0/token"),
    ],
    ids=lambda each: each[0],
)
async def app(request: pytest.FixtureRequest) -> AsyncGenerator[App]:
    key, path = request.param
    connector = own_catalog().get(key)
    async with serve(connector, clock=FrozenClock(), redirect_uris=[BACK]) as running:
        yield App(key, running, path)


def told(answer: httpx2.Response) -> tuple[Any, ...]:
    """Return status and error, with the number or else the words."""
    body = answer.json()
    found = body.get("error_codes", [body.get("error_description")])
    return answer.status_code, body["error"], *found


async def test_a_wrong_secret(app: App) -> None:
    refused = await app.ask(grant_type="refresh_token", refresh_token="x", client_secret="wrong")

    assert (
        told(refused)
        == {
            "google_workspace": (401, "invalid_client", None),
            "salesforce": (400, "invalid_client", "invalid client credentials"),
            "microsoft_365": (401, "invalid_client", 7000215),
        }[app.key]
    )


async def test_a_code_that_was_redeemed_before(app: App) -> None:
    (code,) = (await app.decide("allow"))["code"]
    taken = await app.redeem(code)

    again = await app.redeem(code)

    assert taken.status_code == 200, taken.text
    assert (
        told(again)
        == {
            "google_workspace": (400, "invalid_grant", "the code was used before"),
            "salesforce": (400, "invalid_grant", "expired authorization code"),
            "microsoft_365": (400, "invalid_grant", 54005),
        }[app.key]
    )


@pytest.mark.parametrize(
    ("verifier", "error"), [("w" * 43, "invalid_request"), ("", "invalid_grant")]
)
async def test_a_code_without_its_verifier(app: App, verifier: str, error: str) -> None:
    (code,) = (await app.decide("allow"))["code"]

    refused = await app.redeem(code, code_verifier=verifier)

    status, said, found = told(refused)
    assert (status, said) == (400, error if app.key == "salesforce" else "invalid_grant")
    assert app.key != "microsoft_365" or found == 501481


@pytest.mark.parametrize(("end", "number"), [("taken back", 50173), ("by time", 700082)])
async def test_a_grant_that_has_ended(app: App, end: str, number: int) -> None:
    (code,) = (await app.decide("allow"))["code"]
    token = (await app.redeem(code)).json()["refresh_token"]
    if end == "by time":
        app.sandbox.clock.advance(10**9)
    else:
        grants = app.sandbox.state.authority.grants
        for family in grants.of(app.known["clientId"]):
            grants.revoke(family, end)

    refused = await app.ask(grant_type="refresh_token", refresh_token=token)

    assert (
        told(refused)
        == {
            "google_workspace": REVOKED,
            "salesforce": (400, "invalid_grant", "expired access/refresh token"),
            "microsoft_365": (400, "invalid_grant", number),
        }[app.key]
    )


async def test_a_person_who_says_no(app: App) -> None:
    back = await app.decide("deny")

    assert back["error"] == ["access_denied"]
    (said,) = back["error_description"]
    assert said.startswith("AADSTS65004: ") is (app.key == "microsoft_365")
