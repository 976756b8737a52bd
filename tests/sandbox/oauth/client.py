"""A client of its own that signs people in and asks for tokens, as a provider's customer writes it."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import aiohttp

VERIFIER = "v" * 50
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
REDIRECT = "http://127.0.0.1:7777/callback"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> str:
        return self.json["error"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls the server as one client."""

    http: aiohttp.ClientSession
    url: str
    id: str
    secret: str

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        url = path if path.startswith("http") else f"{self.url}{path}"
        async with self.http.request(method, url, allow_redirects=False, **options) as answer:
            return Answer(answer.status, answer.headers, await answer.text())

    def basic(self, *, raw: bool = False) -> dict[str, str]:
        halves = (self.id, self.secret) if raw else (quote_plus(self.id), quote_plus(self.secret))
        return {"Authorization": f"Basic {base64.b64encode(':'.join(halves).encode()).decode()}"}

    def authorize_url(self, **params: str) -> str:
        usual = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": REDIRECT,
            "state": "s-1",
            "scope": "notes.read people.read",
        }
        return f"{self.url}/authorize?{urlencode(given(usual, params))}"

    async def token(self, **params: str) -> Answer:
        """Ask for tokens as the standard says, authenticated by HTTP Basic."""
        return await self.ask("POST", "/token", data=params, headers=self.basic())

    async def redeem(self, callback: str, **params: str) -> Answer:
        usual = {
            "grant_type": "authorization_code",
            "code": came(callback)["code"],
            "redirect_uri": REDIRECT,
        }
        return await self.token(**given(usual, params))

    async def refresh(self, refresh_token: str, **params: str) -> Answer:
        return await self.token(grant_type="refresh_token", refresh_token=refresh_token, **params)

    async def me(self, access_token: str) -> Answer:
        return await self.ask("GET", "/api/me", headers={"Authorization": f"Bearer {access_token}"})


def given(usual: dict[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The usual parameters, changed; without those that are changed to nothing at all."""
    return {name: value for name, value in {**usual, **changes}.items() if value != "-"}


def came(callback: str) -> dict[str, str]:
    """What the browser brings back."""
    return dict(parse_qsl(urlsplit(callback).query, keep_blank_values=True))
