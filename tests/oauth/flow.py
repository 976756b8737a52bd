"""A sign-in, renewal and call of one account at the sandbox, through the real egress client."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from msgspec import structs

from jackfield.accounts.credentials import Credentials
from jackfield.accounts.provider import ProviderTransport
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.compilation import Compilation
from jackfield.connectors.connector import Connector, build
from jackfield.connectors.diagnostics import Severity
from jackfield.connectors.loading.validation import validate
from jackfield.egress.client import Egress
from jackfield.egress.rewrite import Rewrites
from jackfield.engine.oauth.oauth1 import oauth2_callback, request_temporary_token
from jackfield.engine.oauth.settings import OAuthSettings
from jackfield.engine.oauth.sign_in import (
    SignInRequest,
    new_request,
    read_callback,
    require_issuer,
    sign_in_url,
)
from jackfield.engine.oauth.token_endpoint import TokenEndpoint
from jackfield.engine.oauth.tokens import Tokens
from jackfield.engine.provider_clocks import ProviderClocks
from jackfield.engine.run_context import RunContext
from jackfield.kit.json import Json
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.server import OAuthSandbox
from jackfield.testing.calls import make_run_context
from jackfield.vault.signing import KeySigner

HUB = "http://127.0.0.1:8080"
CALLBACK = f"{HUB}/connect/oauth2/rowan/callback"


def connector_of(
    authorization: str, url: str, /, *, base: str | None = None, **more: Any
) -> Connector:
    """Return a connector whose OAuth settings are those of a sandbox, changed by `authorization`."""
    document = {
        "StackOne": "1.0.0",
        "engine": "strict",
        "info": {
            "title": "Rowan", "key": "rowan", "version": "1.0.0", "description": "d",
            "assets": {"icon": "icon.svg"},
        },
        "baseUrl": base or url,
        "authentication": [
            {
                "oauth2": {
                    "type": "oauth2",
                    "label": "OAuth 2.0",
                    "authorization": {
                        "type": "oauth2",
                        "token": "$.credentials.accessToken",
                        "authorizationUrl": f"{url}/authorize",
                        "tokenUrl": f"{url}/token",
                        "scopes": "notes.read notes.write",
                        **(yaml.safe_load(authorization.replace("URL", url)) or {}),
                    },
                    **more,
                }
            }
        ],
        "actions": [
            {
                "actionId": "me", "label": "Me", "description": "d", "categories": ["internal"],
                "actionType": "get", "effects": ["read"],
                "steps": [
                    {
                        "stepId": "me",
                        "stepFunction": {
                            "functionName": "request",
                            "parameters": {"url": "/api/me", "method": "get"},
                        },
                    }
                ],
                "result": {"data": "$.steps.me.output.data"},
            }
        ],
    }  # fmt: skip
    problems = [each for each in validate(document) if each.severity is Severity.ERROR]
    assert not problems, problems
    return build(Compilation(document), file=Path("rowan"))


@dataclass
class Flow:
    """One account at the sandbox."""

    sandbox: OAuthSandbox
    client: Client
    connector: Connector
    egress: Egress
    person: str = "ada"
    fields: dict[str, str] = field(default_factory=dict[str, str])
    tokens: Tokens = field(default_factory=lambda: Tokens({}))
    url: str = ""
    callback: dict[str, str] = field(default_factory=dict[str, str])
    # How far the provider's clock is ahead of the hub's.
    ahead: timedelta = timedelta()
    clocks: ProviderClocks = field(default_factory=ProviderClocks)

    @property
    def method(self) -> AuthMethod:
        return self.connector.auth_methods[0]

    @property
    def settings(self) -> OAuthSettings:
        assert self.method.oauth is not None
        return self.method.oauth

    def endpoint(self, told: Mapping[str, str] | None = None) -> TokenEndpoint:
        context = self.context(told)
        compiled = self.connector.compiled
        return TokenEndpoint(
            self.settings, context, HUB, lambda url: compiled.allows(url, context.credentials)
        )

    def context(self, told: Mapping[str, str] | None = None) -> RunContext:
        setup = {"clientId": self.client.id, "clientSecret": self.client.secret}
        values = {**setup, **self.fields, **self.tokens.values, **(told or {})}
        credentials = Credentials.of(values, secrets=())
        transport = ProviderTransport(self.egress, self.connector.compiled, credentials)
        context = make_run_context(transport, values, auth_method="oauth2", signer=KeySigner())
        return structs.replace(context, clock=self.now, clocks=self.clocks)

    def now(self) -> datetime:
        return self.sandbox.clock() - self.ahead

    def begin(self) -> str:
        """Return the address where a person signs in."""
        return sign_in_url(self.settings, self.endpoint().scope, self._request())

    def _request(self) -> SignInRequest:
        scope = self.endpoint().scope
        return new_request(
            self.settings,
            scope,
            redirect_uri=CALLBACK,
            scopes=self.settings.wanted_scopes(scope),
            state="jf_st_" + "s" * 43,
        )

    async def sign_in(self, **callback: str) -> Tokens:
        """Sign in as a person does, and exchange the code; `callback` changes what comes back."""
        request, oauth1 = self._request(), self.method.oauth1
        endpoint, told = self.endpoint(), dict[str, str]()
        if oauth1 is not None:
            endpoint, told = await request_temporary_token(oauth1, endpoint, request)
        self.url = sign_in_url(self.settings, endpoint.scope, request)
        back = self.sandbox.approve(self.url, person=self.person)
        self.callback = {**dict(parse_qsl(urlsplit(back).query)), **callback}
        came = self.callback if oauth1 is None else oauth2_callback(self.callback)
        answer = read_callback(self.settings.callback, came)
        assert answer.state == request.state
        told = {**told, **answer.values}
        endpoint = self.endpoint(told)
        require_issuer(self.settings, endpoint.scope, answer)
        tokens = await endpoint.exchange_code(request, answer)
        self.tokens = replace(tokens, values={**told, **tokens.values})
        return await self.renew() if self.settings.renews_at_once else self.tokens

    async def renew(self) -> Tokens:
        renewed = await self.endpoint().request_renewal()
        self.tokens = renewed.after(self.tokens.values)
        return self.tokens

    async def me(self) -> Json:
        """Ask the API who signed in, with the token where the connector puts it."""
        return (await self.connector.compiled.action("me").run(self.context())).data


@asynccontextmanager
async def flow(
    sandbox: OAuthSandbox,
    *behaviors: str,
    authorization: str = "",
    method: Mapping[str, Any] | None = None,
    base: str | None = None,
    secret: str | None = None,
    jwks: Json = None,
    **settings: Json,
) -> AsyncGenerator[Flow]:
    client = sandbox.add_client(behaviors=behaviors, secret=secret, jwks=jwks, **settings)
    connector = connector_of(authorization, sandbox.url, base=base, **(method or {}))
    egress = Egress(rewrites=Rewrites(), allow_private=True)
    try:
        yield Flow(sandbox, client, connector, egress)
    finally:
        await egress.close()
