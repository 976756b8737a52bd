"""An identity provider whose tokens say what a test wants them to say."""

import base64
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from jackfield.oidc_settings import OidcSettings
from jackfield.sandbox.listener import listen
from tests.support.clock import FrozenClock

CLIENT = "hub"


@dataclass
class IdentityProvider:
    """A provider that signs whatever `claims` are given, and remembers what it was asked."""

    url: str
    clock: FrozenClock
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    algorithm: str = "RS256"
    header: Mapping[str, Any] = field(default_factory=dict[str, Any])
    # The next token, instead of one of `claims`.
    token: str | None = None
    claims: dict[str, Any] = field(default_factory=dict[str, Any])
    described: dict[str, Any] = field(default_factory=dict[str, Any])
    user_info: dict[str, Any] = field(default_factory=dict[str, Any])
    published: list[Any] | None = None
    status: int = 200
    # What is answered at a path's end instead.
    instead: dict[str, tuple[int, bytes]] = field(default_factory=dict[str, tuple[int, bytes]])
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list[Any])

    def settings(self, **more: Any) -> OidcSettings:
        return OidcSettings(self.url, CLIENT, **more)

    def usual(self, nonce: str) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        return {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "subject-1",
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada Byron",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }

    def signed(self, claims: Mapping[str, Any]) -> str:
        named = {"alg": self.algorithm, "kid": "one", **self.header}
        header = {name: value for name, value in named.items() if value is not ...}
        kept = {name: value for name, value in claims.items() if value is not ...}
        return jws.serialize_compact(
            header, json.dumps(kept), self.key, algorithms=[self.algorithm]
        )

    def keys(self) -> list[Any]:
        if self.published is not None:
            return self.published
        return [{**self.key.as_dict(private=False), "use": "sig"}]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        message = await receive()
        form = dict(parse_qsl(message.get("body", b"").decode()))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        path = scope["path"]
        self.asked.append((path, headers, form))
        status, answer = 200, {}
        if path.endswith("/.well-known/openid-configuration"):
            answer = {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "scopes_supported": ["openid", "groups"],
                **self.described,
            }
        elif path.endswith("/jwks"):
            answer = {"keys": self.keys()}
        elif path.endswith("/userinfo"):
            answer = self.user_info
        elif path.endswith("/token"):
            status, code = self.status, form.get("code", "")
            token = self.token or self.signed({**self.usual(code), **self.claims})
            answer = {"access_token": "opaque", "token_type": "Bearer", "id_token": token}
        told = self.instead.get(path.rpartition("/")[2])
        status, body = told or (status, json.dumps(answer).encode())
        head = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def identity_provider(clock: FrozenClock) -> AsyncGenerator[IdentityProvider]:
    provider: IdentityProvider | None = None

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        assert provider is not None
        await provider(scope, receive, send)

    async with listen(answer, 0) as url:
        provider = IdentityProvider(url, clock)
        yield provider


async def leave(opened: httpx2.AsyncClient, next_page: str = "") -> dict[str, str]:
    """Begin a sign-in, and return what the provider is asked."""
    begun = await opened.get("/dashboard/sign-in/sso", params={"next": next_page})
    assert begun.status_code == 303, begun.text
    return dict(parse_qsl(urlsplit(begun.headers["location"]).query))


async def come_back(opened: httpx2.AsyncClient, **answer: str) -> httpx2.Response:
    return await opened.get("/dashboard/sign-in/sso/callback", params=answer)


async def sign_in(opened: httpx2.AsyncClient) -> httpx2.Response:
    """Sign in; the code is the nonce, so that the provider's token has it."""
    asked = await leave(opened)
    return await come_back(opened, code=asked["nonce"], state=asked["state"])


def unsigned(claims: Mapping[str, Any]) -> str:
    """Return a token that is signed by nobody."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = [
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in parts
    ]
    return f"{encoded[0]}.{encoded[1]}."


def signed_by_public_key(provider: IdentityProvider, claims: Mapping[str, Any]) -> str:
    """Return a token whose secret is the provider's public key, which everybody has."""
    secret = OctKey.import_key(provider.key.as_pem(private=False).decode().replace("-----", ""))
    header = {"alg": "HS256", "kid": "one"}
    return jws.serialize_compact(header, json.dumps(dict(claims)), secret, algorithms=["HS256"])


def other_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "one"})
