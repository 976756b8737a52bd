"""The grants: families of tokens that go back to one consent, and their tokens."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from jackfield.kit.json import Json
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.conduct import Terms
from jackfield.sandbox.oauth.people import Person
from jackfield.sandbox.oauth.refusals import invalid_grant
from jackfield.sandbox.turnable_clock import TurnableClock


@dataclass(slots=True, eq=False)
class Family:
    """
    Tokens of one grant; `requests` counts, by generation, the refreshes asked of it.

    `lifetime` is that of its access tokens, if it is not the client's.
    """

    id: str
    client_id: str
    person: Person | None
    scopes: list[str]
    grant_type: str
    started_at: datetime
    has_refresh_token: bool
    generation: int = 0
    reuses: int = 0
    revoked: str = ""
    latest_access: "Token | None" = None
    requests: dict[int, int] = field(default_factory=dict[int, int])
    lifetime: float | None = None

    def show(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "client_id": self.client_id,
            "person": self.person and self.person.id,
            "scopes": self.scopes,
            "grant_type": self.grant_type,
            "started_at": self.started_at,
            "generation": self.generation,
            "requests": {str(number): count for number, count in self.requests.items()},
            "reuses": self.reuses,
            "revoked": self.revoked,
        }


@dataclass(slots=True, eq=False)
class Token:
    """A token of a family; a refresh token that was used has a successor."""

    value: str
    kind: str
    family: Family
    generation: int
    scopes: list[str]
    started_at: datetime
    ends_at: datetime
    revoked: bool = False
    used_at: datetime | None = None
    successor: "Pair | None" = None

    def lives(self, now: datetime) -> bool:
        return not self.revoked and not self.family.revoked and now < self.ends_at


@dataclass(frozen=True, slots=True)
class Pair:
    """Tokens given together."""

    access: Token
    refresh: Token | None


# Makes the value of a token of a family and kind that ends then.
Mint: TypeAlias = Callable[[Family, str, datetime], str]


class Grants:
    """All families and tokens."""

    def __init__(self, clock: TurnableClock, mint: Mint) -> None:
        self._clock = clock
        self._mint = mint
        self._families: list[Family] = []
        self._tokens: dict[str, Token] = {}

    def __iter__(self) -> Iterator[Family]:
        return iter(list(self._families))

    def of(self, client_id: str) -> list[Family]:
        return [each for each in self if each.client_id == client_id]

    def find(self, value: object) -> Token | None:
        """Return a token of any kind, alive or not."""
        return self._tokens.get(value) if isinstance(value, str) else None

    def open(
        self,
        client: Client,
        person: Person | None,
        scopes: Sequence[str],
        grant_type: str,
        *,
        has_refresh_token: bool,
        lifetime: float | None = None,
    ) -> Family:
        by_access = client.conduct.refresh.by == "access_token"
        family = Family(
            f"family-{len(self._families) + 1}",
            client.id,
            person,
            list(scopes),
            grant_type,
            self._clock(),
            has_refresh_token and not by_access,
            lifetime=lifetime,
        )
        self._families.append(family)
        return family

    def issue(
        self, family: Family, terms: Terms, *, value: str = "", lifetime: float | None = None
    ) -> Pair:
        """Issue the tokens of a generation; `value` is an access token in the place of a new one."""
        lifetimes = (lifetime, family.lifetime, terms.access_token_lifetime)
        seconds = next(each for each in lifetimes if each is not None)
        access = self.add(family, "access", seconds, value=value)
        if not family.has_refresh_token:
            return Pair(access, None)
        return Pair(access, self.add(family, "refresh", terms.refresh_token_lifetime))

    def add(self, family: Family, kind: str, lifetime: float, *, value: str = "") -> Token:
        now = self._clock()
        ends_at = now + timedelta(seconds=lifetime)
        value = value or self._mint(family, kind, ends_at)
        token = Token(value, kind, family, family.generation, family.scopes, now, ends_at)
        self._tokens[value] = token
        if kind == "access":
            family.latest_access = token
        return token

    def refresh(self, client: Client, value: object) -> Pair:
        """
        Give the next generation for a refresh token.

        Raises:
            OAuthError: it is no live one of the client's, or was used before, which ends the family.
        """
        token = self.find(value)
        if token is None or token.kind != "refresh" or token.family.client_id != client.id:
            raise invalid_grant(_UNKNOWN, fault="token")
        family, rules, terms = token.family, client.conduct.refresh, client.conduct.terms
        family.requests[token.generation] = family.requests.get(token.generation, 0) + 1
        if not token.lives(self._clock()):
            is_revoked = token.revoked or family.revoked
            raise invalid_grant(_ENDED, fault="token" if is_revoked else "old token")
        if token.used_at is not None:
            return self._used_again(token, terms)
        return self._renewed(token, client, keeps=rules.token != "rotates")  # noqa: S105 - a rule

    def renew(self, client: Client, value: object) -> Pair:
        """
        Give a longer one for an access token that lives.

        Raises:
            OAuthError: it does not live, or is not the client's.
        """
        token = self.find(value)
        if token is None or token.kind != "access" or token.family.client_id != client.id:
            raise invalid_grant(_UNKNOWN)
        family = token.family
        family.requests[token.generation] = family.requests.get(token.generation, 0) + 1
        if not token.lives(self._clock()):
            raise invalid_grant(_ENDED)
        return self._renewed(token, client, keeps=False)

    def revoke(self, family: Family, reason: str) -> None:
        family.revoked = family.revoked or reason

    def revoke_token(self, token: Token) -> None:
        """Revoke an access token alone, or with a refresh token all of its family."""
        if token.kind == "refresh":
            self.revoke(token.family, "revoked")
        token.revoked = True

    def _used_again(self, token: Token, terms: Terms) -> Pair:
        family = token.family
        assert token.used_at is not None
        within = self._clock() - token.used_at <= timedelta(seconds=terms.rotation_grace)
        if terms.rotation_grace and within and token.successor is not None:
            return token.successor
        family.reuses += 1
        self.revoke(family, "refresh token used again")
        raise invalid_grant(_REUSED, fault="token")

    def _renewed(self, token: Token, client: Client, *, keeps: bool) -> Pair:
        family, rules, terms = token.family, client.conduct.refresh, client.conduct.terms
        latest = family.latest_access
        self._check_margin(latest, rules.margin)
        value = latest.value if latest is not None and rules.same_access_token else ""
        family.generation += 1
        if keeps:
            access = self.add(family, "access", terms.access_token_lifetime, value=value)
            token.generation = family.generation
            return Pair(access, token)
        pair = self.issue(family, terms, value=value, lifetime=rules.lifetime)
        if token.kind == "refresh":
            token.used_at, token.successor = self._clock(), pair
        return pair

    def _check_margin(self, latest: Token | None, margin: float | None) -> None:
        if margin is None or latest is None:
            return
        if latest.ends_at - self._clock() > timedelta(seconds=margin):
            raise invalid_grant(_EARLY)


_UNKNOWN: Final = "the token is unknown, or another client's"
_ENDED: Final = "the token has expired or was revoked"
_REUSED: Final = "the refresh token was used before; all tokens of this grant are revoked"
_EARLY: Final = "it is too early to refresh"
