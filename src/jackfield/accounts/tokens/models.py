"""State of an account's tokens: how old they are, and what is known of their renewal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from jackfield.engine.oauth.tokens import ACCESS_TOKEN
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.secrets.store import SealedBundle


@dataclass(frozen=True, slots=True)
class TokenTimes:
    """
    When one access token of an account was given, ends, and is renewed.

    `generation` is the number of the intent that gave it.
    """

    generation: int
    renewed_at: datetime
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    stale_at: datetime | None = None
    due_at: datetime | None = None

    def is_stale(self, now: datetime) -> bool:
        """Whether the access token has expired, or will before a request is through."""
        return self.stale_at is not None and self.stale_at <= now

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class TokenState:
    """
    The state of an account's tokens.

    A request for new tokens is an intent; intents are numbered, and `generation` is the number of
    the one that gave the present tokens. `intent` is the last number that was given out.
    `intent_at` is the journal: set before a request is sent, and cleared once its outcome is known,
    so that a refresh token that may have been used is known as such. Each intent is about one access
    token, the credential `asked`.

    From `stale_at` on, tokens are renewed before they are used; the worker does so at `due_at`.
    After a failure neither happens before `retry_at`. `change` is the project's count of changes
    of tokens when these were stored.

    If there are two access tokens, `apart` has the times of each by its credential, and `due_at` is
    the earlier one; the other times are those of the first. At `introspect_at` the worker asks the
    provider whether the first is still good.
    """

    account_id: AccountId
    generation: int
    intent: int
    renewed_at: datetime
    intent_at: datetime | None = None
    leased_until: datetime | None = None
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    stale_at: datetime | None = None
    due_at: datetime | None = None
    scopes: tuple[str, ...] | None = None
    failures: int = 0
    failed_at: datetime | None = None
    failure_code: str | None = None
    retry_at: datetime | None = None
    change: int = 0
    asked: str | None = None
    apart: Mapping[str, TokenTimes] | None = None
    introspect_at: datetime | None = None

    @property
    def times(self) -> Mapping[str, TokenTimes]:
        """The times of each access token, by its credential."""
        return self.apart or {
            ACCESS_TOKEN: TokenTimes(
                self.generation,
                self.renewed_at,
                self.expires_at,
                self.refresh_expires_at,
                self.stale_at,
                self.due_at,
            )
        }

    def with_times(self, times: Mapping[str, TokenTimes]) -> "TokenState":
        """Return the state with other times of its access tokens."""
        first = times[ACCESS_TOKEN]
        return replace(
            self,
            renewed_at=first.renewed_at,
            expires_at=first.expires_at,
            refresh_expires_at=first.refresh_expires_at,
            stale_at=first.stale_at,
            due_at=min((each.due_at for each in times.values() if each.due_at), default=None),
            apart=times if len(times) > 1 else None,
        )

    def of_generation(self, token: str, generation: int) -> TokenTimes | None:
        """Return the times of an access token, if it is still that of a generation."""
        times = self.times.get(token)
        return times if times is not None and times.generation == generation else None

    def is_leased(self, now: datetime) -> bool:
        """Whether a process may be asking for new tokens."""
        return self.leased_until is not None and self.leased_until > now


@dataclass(frozen=True, slots=True)
class SealedTokens:
    """An account's tokens as ciphertext, and their state: may be cached."""

    state: TokenState
    secrets: SealedBundle = field(repr=False)


@dataclass(frozen=True, slots=True)
class DueIntrospection:
    """An account whose access token the worker asks its provider about."""

    project_id: ProjectId
    account_id: AccountId


@dataclass(frozen=True, slots=True)
class DueTokens:
    """The access tokens of one account that are to be renewed now."""

    project_id: ProjectId
    account_id: AccountId
    tokens: tuple["DueToken", ...]


@dataclass(frozen=True, slots=True)
class DueToken:
    """An access token that the worker renews."""

    project_id: ProjectId
    account_id: AccountId
    generation: int
    token: str = ACCESS_TOKEN
