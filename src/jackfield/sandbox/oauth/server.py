"""The server on this machine, and what tests in the same process do with it.

    async with serve() as sandbox:
        client = sandbox.add_client(behaviors=["token.json_body"], access_token_lifetime=60)
        client.id, client.secret                 # what the connector's profile has
        sandbox.url                              # the issuer; /authorize and /token are below it

        # The part of the person in the browser: takes the URL that the browser is sent to, and
        # returns the one that it is sent back to.
        callback = sandbox.approve(authorize_url, person="ada")
        callback = sandbox.deny(authorize_url)

        # Or without any of that: tokens as if a person had signed in before.
        pair = sandbox.grant(client, person="ada", scopes=["notes.read"])
        pair.access.value, pair.refresh.value

        sandbox.clock.advance(3600)              # seconds
        sandbox.add_fault(client, endpoint="token", error="invalid_grant")
        sandbox.requests(client, endpoint="token")   # what came in, as `journal.Entry`
        (family,) = sandbox.families(client)     # `generation`, `requests`, `reuses`, `revoked`
        sandbox.revoke(client)                   # as a person does in their settings
        sandbox.remove_client(client)            # a registration that is gone

Behaviors and their settings are in `behaviors`, settings of any client in `conduct.Terms`.
Clients do not see each other, so that many tests can share one server.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.json import Json, convert_decoded
from jackfield.sandbox.listener import Scope, listen
from jackfield.sandbox.oauth import authorization, sign_in, signatures
from jackfield.sandbox.oauth.app import OAuthApp
from jackfield.sandbox.oauth.authority import Authority, start
from jackfield.sandbox.oauth.clients import Client, NewClient
from jackfield.sandbox.oauth.faults import Fault
from jackfield.sandbox.oauth.grants import Family, Pair
from jackfield.sandbox.oauth.journal import Entry
from jackfield.sandbox.oauth.people import Person
from jackfield.sandbox.oauth.scopes import check_scopes
from jackfield.sandbox.transmission import Receive, Send
from jackfield.sandbox.turnable_clock import TurnableClock


@dataclass(frozen=True, slots=True)
class OAuthSandbox:
    """A server that runs."""

    url: str
    authority: Authority

    @property
    def clock(self) -> TurnableClock:
        return self.authority.clock

    def add_client(
        self,
        *,
        behaviors: Sequence[str] = (),
        redirect_uris: Sequence[str] = (),
        secret: str | None = None,
        jwks: Json = None,
        **settings: Json,
    ) -> Client:
        """
        Add a client; without redirect URIs, any address of this machine is one.

        Raises:
            ValidationError: there is no such behavior or setting.
        """
        new = NewClient(list(behaviors), list(redirect_uris), settings, secret=secret, jwks=jwks)
        return self.authority.clients.add(new)

    def remove_client(self, client: Client) -> None:
        self.authority.clients.remove(client.id)

    def add_fault(self, client: Client, **fault: Json) -> None:
        """Have the next answer to a client go wrong; see `faults.Fault`."""
        self.authority.faults.add(convert_decoded({"client_id": client.id, **fault}, Fault))

    def requests(self, client: Client, endpoint: str = "") -> list[Entry]:
        return self.authority.journal.of(client.id, endpoint)

    def families(self, client: Client) -> list[Family]:
        return self.authority.grants.of(client.id)

    def approve(self, authorize_url: str, person: str = "ada") -> str:
        """
        Return where a browser is sent after a person said yes, by OAuth 2 or 1.

        Raises:
            OAuthError: the person is shown an error instead.
        """
        split = urlsplit(authorize_url)
        if split.path.startswith(signatures.PREFIX):
            value = split.query.partition("oauth_token=")[2].partition("&")[0]
            return signatures.approve(self.authority, value, self.person(person))
        return self._decide(split.query, person)

    def deny(self, authorize_url: str) -> str:
        """Return where a browser is sent after a person said no."""
        return self._decide(urlsplit(authorize_url).query, "")

    def approve_device(self, user_code: str, person: str = "ada") -> None:
        sign_in.decide_device(self.authority, user_code, self.person(person))

    def grant(self, client: Client, person: str | None = "ada", scopes: Sequence[str] = ()) -> Pair:
        """Return tokens as if a person had signed in, or the client had for itself."""
        family = self.authority.grants.open(
            client,
            self.person(person) if person else None,
            check_scopes(client, scopes),
            "authorization_code" if person else "client_credentials",
            has_refresh_token=person is not None,
        )
        return self.authority.grants.issue(family, client.conduct.terms)

    def revoke(self, client: Client) -> None:
        """End all grants of a client."""
        for family in self.families(client):
            self.authority.grants.revoke(family, "revoked by the person")

    def person(self, name: str) -> Person:
        """
        Return a person by id or email.

        Raises:
            KeyError: there is none.
        """
        found = self.authority.people.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def _decide(self, raw_query: str, person: str) -> str:
        try:
            consent = authorization.read_consent(self.authority, raw_query)
        except authorization.Turned as turned:
            return turned.location
        if not person:
            return authorization.deny(self.authority, consent)
        return authorization.approve(self.authority, consent, self.person(person))


@asynccontextmanager
async def serve(*, port: int = 0, clock: Clock = system_clock) -> AsyncGenerator[OAuthSandbox]:
    """
    Serve until the block is left; port 0 means any that is free.

    Raises:
        PortUnavailable: the port is taken.
    """
    app: OAuthApp | None = None

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        assert app is not None
        await app(scope, receive, send)

    async with listen(answer, port) as url:
        authority = start(url, clock)
        app = OAuthApp(authority)
        yield OAuthSandbox(url, authority)
