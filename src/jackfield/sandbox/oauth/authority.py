"""The state of the server: everything that it knows."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey

from jackfield.kit.clock import Clock
from jackfield.kit.json import Json
from jackfield.sandbox.oauth.clients import Client, Clients, NewClient
from jackfield.sandbox.oauth.dialects import STANDARD, Dialect
from jackfield.sandbox.oauth.faults import Faults
from jackfield.sandbox.oauth.grants import Family, Grants
from jackfield.sandbox.oauth.journal import Journal
from jackfield.sandbox.oauth.people import People, Person
from jackfield.sandbox.turnable_clock import TurnableClock

FERNWOOD: Final = NewClient(
    id="fernwood-client",
    secret="fernwood-secret:+/%=&é",  # noqa: S106 - it is no secret: the same at every start
    name="Fernwood app of a hub",
    behaviors=["pkce.required", "reply.extra"],
    settings={"scopes": ["people.read", "documents.read", "documents.write", "absence.read"]},
)
DEMO: Final = NewClient(
    id="demo-client",
    secret="demo-secret",  # noqa: S106 - nor is this
    name="Demo",
)


@dataclass(frozen=True, slots=True)
class Code:
    """A person's consent on its way to the client."""

    value: str
    client_id: str
    person: Person
    scopes: list[str]
    user_scopes: list[str]
    redirect_uri: str
    was_redirect_uri_given: bool
    challenge: str
    challenge_method: str
    state: str
    nonce: str
    ends_at: datetime
    has_refresh_token: bool


@dataclass(slots=True)
class Device:
    """A device that waits for a person."""

    code: str
    user_code: str
    client_id: str
    scopes: list[str]
    ends_at: datetime
    asked_at: datetime | None = None
    interval: float = 5
    person: Person | None = None
    denied: bool = False
    used: bool = False


@dataclass(slots=True)
class SignedToken:
    """A temporary or lasting token of OAuth 1."""

    value: str
    secret: str
    client_id: str
    callback: str = ""
    verifier: str = ""
    person: Person | None = None
    lasting: bool = False


@dataclass(slots=True)
class Authority:
    """What the endpoints work on."""

    issuer: str
    clock: TurnableClock
    clients: Clients = field(default_factory=Clients)
    people: People = field(default_factory=People)
    codes: dict[str, Code] = field(default_factory=dict[str, Code])
    # The family that a code was exchanged for.
    redeemed: dict[str, str] = field(default_factory=dict[str, str])
    devices: dict[str, Device] = field(default_factory=dict[str, Device])
    signed_tokens: dict[str, SignedToken] = field(default_factory=dict[str, SignedToken])
    consents: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    # By client and person, so that clients do not see each other's.
    notes: dict[tuple[str, str], list[Json]] = field(
        default_factory=dict[tuple[str, str], list[Json]]
    )
    seen_ids: set[str] = field(default_factory=set[str])
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    # How refusals at the token endpoint are worded.
    dialect: Dialect = STANDARD
    grants: Grants = field(init=False)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "sandbox"}))

    def __post_init__(self) -> None:
        self.grants = Grants(self.clock, self._mint)
        for seeded in (FERNWOOD, DEMO):
            self.clients.add(seeded, "seeded")

    def notes_of(self, client: Client, person: Person) -> list[Json]:
        first: Json = {"id": f"{person.id}-1", "text": f"First note of {person.name}"}
        return self.notes.setdefault((client.id, person.id), [first])

    def is_new(self, id_: str) -> bool:
        """Return whether an id that may be used once was not, and take note of it."""
        if id_ in self.seen_ids:
            return False
        self.seen_ids.add(id_)
        return True

    def _mint(self, family: Family, kind: str, ends_at: datetime) -> str:
        client = self.clients.get(family.client_id)
        opaque = f"{kind}-{secrets.token_urlsafe(24)}"
        if kind != "access" or client is None or not client.conduct.reply.is_jwt:
            return opaque
        subject = family.person.id if family.person else client.id
        return self.sign({"sub": subject, "exp": int(ends_at.timestamp()), "jti": opaque})

    def sign(self, claims: Mapping[str, Json]) -> str:
        """Return a JWT of ours."""
        header = {"alg": "ES256", "kid": "sandbox"}
        return jwt.encode(header, {"iss": self.issuer, **claims}, self.key, algorithms=["ES256"])

    def now(self) -> datetime:
        return self.clock()

    def client_of(self, name: str) -> Client | None:
        """Return the client that an id, a secret, a code or a token leads to."""
        known = self.codes.get(name) or self.devices.get(name) or self.signed_tokens.get(name)
        token = self.grants.find(name)
        owner = known.client_id if known else token.family.client_id if token else name
        return self.clients.get(owner) or self.clients.with_secret(name)


def start(issuer: str, clock: Clock) -> Authority:
    """Return a server that knows its people and its seeded clients."""
    return Authority(issuer, TurnableClock(clock))


def describe(authority: Authority) -> dict[str, Json]:
    """Say where everything is."""
    issuer = authority.issuer
    paths = {
        "authorization_endpoint": "authorize",
        "token_endpoint": "token",
        "introspection_endpoint": "introspect",
        "revocation_endpoint": "revoke",
        "registration_endpoint": "register",
        "device_authorization_endpoint": "device_authorization",
        "jwks_uri": "jwks",
        "api": "api",
        "control": "__sandbox__",
    }
    return {
        "issuer": issuer,
        **{name: f"{issuer}/{path}" for name, path in paths.items()},
        "clients": {client.id: client.show() for client in authority.clients},
        "people": [person.id for person in authority.people],
        "now": authority.now(),
    }
