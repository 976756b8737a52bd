"""A provider whose token endpoint rotates refresh tokens, and revokes a sign-in whose token is used twice."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from jackfield.accounts.models import Account, AccountStatus, AccountType
from jackfield.accounts.verification import Candidate, verify
from jackfield.connect.models import SessionTerms
from jackfield.connect.verified_account import LinkTarget, save_account
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, REFRESH_TOKEN, Tokens
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.profiles import service as profiles
from jackfield.profiles.models import Profile, ProfileTerms
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import Running
from tests.support.scripted import Answer, ScriptedServer, Seen, reply, scripted

LIFE = 3600
OAT = """
StackOne: 1.0.0
engine: strict
info: {{title: Oat, key: oat, version: 1.0.0, description: Things.}}
baseUrl: {url}
authentication:
  - oauth2:
      type: oauth2
      label: OAuth
      grantType: authorization_code
      authorization: {{type: oauth2, token: $.credentials.accessToken{more}}}
      setupFields: [{{key: client, label: Client, type: text, required: false}}]
      configFields: []
      refreshAuthentication:{schedule}
        action:
          actionId: renew
          categories: [internal]
          actionType: refresh_token
          steps:
            - stepId: renew
              stepFunction:
                functionName: request
                parameters:
                  url: /token
                  method: post
                  authorization: {{type: none}}
                  args:
                    - {{name: Content-Type, value: application/x-www-form-urlencoded, in: headers}}
                    - {{name: refresh_token, value: $.credentials.refreshToken, in: body}}
            - stepId: tokens
              stepFunction:
                functionName: map_fields
                version: "2"
                parameters:
                  dataSource: $.steps.renew.output.data
                  fields:
                    - {{targetFieldKey: accessToken, expression: $.access_token, type: string}}
                    - {{targetFieldKey: refreshToken, expression: $.refresh_token, type: string}}
                    - {{targetFieldKey: expiresIn, expression: $.expires_in, type: number}}
                    - {{targetFieldKey: tenant, expression: $.tenant, type: string}}
          result: {{data: $.steps.tokens.output.data}}
      testActions: [{{action: me}}]
actions:
  - {{actionId: me, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: get, url: /me}}}}}}], result: $.steps.ask.output.data}}
  - {{actionId: rows, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: get, url: /rows, response: {{format: ndjson}}}}}}}}],
     result: {{data: $.steps.ask.output.data}}}}
  - {{actionId: write, actionType: custom, effects: [write], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: post, url: /things}}}}}}], result: $.steps.ask.output.data}}
"""


@dataclass(slots=True)
class TokenProvider:
    """
    The provider of one account. Tokens are `a1`, `a2` … and `r1`, `r2` …, padded to look like some.

    `answers` are given to token requests instead of tokens, in turn; `reused` counts refresh tokens
    that were used twice.
    """

    url: str = ""
    number: int = 0
    refresh: str = ""
    access: set[str] = field(default_factory=set[str])
    requests: list[str] = field(default_factory=list[str])
    calls: list[str] = field(default_factory=list[str])
    answers: list[Answer] = field(default_factory=list[Answer])
    extra: dict[str, Any] = field(default_factory=dict[str, Any])
    reused: int = 0
    spent: set[str] = field(default_factory=set[str])
    held: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def issue(self) -> dict[str, Any]:
        self.number += 1
        self.refresh, token = named("r", self.number), named("a", self.number)
        self.access = {token}
        return {
            "access_token": token,
            "refresh_token": self.refresh,
            "expires_in": LIFE,
            **self.extra,
        }

    def tokens(self, now: datetime, *, life: float = LIFE, **more: str) -> Tokens:
        """Sign somebody in."""
        issued = self.issue()
        values = {ACCESS_TOKEN: issued["access_token"], REFRESH_TOKEN: issued["refresh_token"]}
        return Tokens({**values, **more}, now + timedelta(seconds=life))

    async def answer(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        if "/token" in seen.line:
            await self._token(writer, seen)
            return
        token = seen.headers.get("authorization", "").removeprefix("Bearer ")
        self.calls.append(token)
        if token not in self.access:
            await reply('{"message": "no"}', status=401)(writer, seen)
        elif "/rows" in seen.line:
            rows = '{"id": 1}\n{"id": 2}\n'
            await reply(rows, headers={"content-type": "application/x-ndjson"})(writer, seen)
        else:
            await reply(json.dumps({"seen": "me"}))(writer, seen)

    async def _token(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        token = parse_qs(seen.body.decode()).get("refresh_token", [""])[0]
        self.requests.append(token)
        self.asked.set()
        if self.held is not None:
            await self.held.wait()
        if self.answers:
            await self.answers.pop(0)(writer, seen)
            return
        if token in self.spent:
            self.reused += 1
            self.refresh, self.access = "", set()
        if token != self.refresh:
            await REFUSED(writer, seen)
            return
        self.spent.add(token)
        await reply(json.dumps(self.issue()))(writer, seen)


@dataclass
class Linked:
    """A hub with one account, which signed in an hour of the clock ago if it is `expired`."""

    hub: Running
    provider: TokenProvider
    account: Account
    clock: FrozenClock

    async def run(self, action: str = "oat_me") -> Any:
        return await self.hub.run(self.account.id, action)

    def expire(self) -> None:
        self.clock.advance(seconds=LIFE + 1)
        self.provider.calls.clear()

    async def status(self) -> tuple[str, list[str]]:
        shown = (await self.hub.api.get(f"/accounts/{self.account.id}")).json()
        return shown["status"], [each["code"] for each in shown["status_reasons"]]

    async def refused(self) -> str:
        """Return when the provider refused the profile's app."""
        rows = await self.hub.hub.db.unscoped(
            "select client_refused_at from connector_profiles where connector_key = 'oat'"
        )
        return rows[0]["client_refused_at"]


REFUSED = reply('{"error": "invalid_grant"}', status=400)


def named(kind: str, number: int) -> str:
    return f"{kind}-token-{number:06}"


@asynccontextmanager
async def token_provider() -> AsyncGenerator[tuple[TokenProvider, ScriptedServer]]:
    provider = TokenProvider()
    async with scripted(provider.answer) as server:
        provider.url = server.url
        yield provider, server


def document(url: str, *, more: str = "", schedule: str = "") -> str:
    return OAT.format(url=url, more=more, schedule=schedule)


async def profile_of(hub: Hub, project_id: ProjectId, key: str = "oat") -> Profile:
    """Return the connector's profile, which an operator made."""
    async with hub.db.write(project_id, TESTER) as tx:
        profile = await Profiles(tx).find_default(key)
        return profile or await profiles.create(tx, hub, ProfileTerms(key))


def account_of(now: datetime, profile: Profile) -> Account:
    """Return a new account, which is nowhere yet."""
    return Account(
        id=AccountId.new(now),
        profile_id=profile.id,
        provider="oat",
        auth_method="oauth2",
        environment="production",
        origin_owner_id="acme",
        origin_owner_name="Acme Inc.",
        origin_username=None,
        label=None,
        type=AccountType.PRODUCTION,
        shared=False,
        metadata={},
        public_values={},
        status=AccountStatus.ACTIVE,
        status_reasons=(),
        generation=1,
        created_at=now,
        updated_at=now,
    )


async def sign_in(
    hub: Hub,
    project_id: ProjectId,
    tokens: Tokens,
    *,
    into: Account | None = None,
    key: str = "oat",
    owner: str = "acme",
) -> Account:
    """Link an account as after a sign-in at the provider."""
    connector = hub.catalog.get(key)
    profile = await profile_of(hub, project_id, key)
    candidate = Candidate(
        project_id=project_id,
        origin_owner_id=owner,
        origin_owner_name="Acme Inc.",
        profile=profile,
        connector=connector,
        method=connector.auth_methods[0],
        values={},
        account=into,
        tokens=tokens,
    )
    verified = await verify(hub, candidate)
    target = LinkTarget(SessionTerms(owner, "Acme Inc."), into and into.id)
    async with hub.db.write(project_id, TESTER) as tx:
        return await save_account(tx, hub.vault, verified, target)
