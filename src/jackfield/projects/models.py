"""Projects, API keys and scopes."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.errors import Conflict, HubError, NotFound
from jackfield.kit.ids import ApiKeyId, ProjectId
from jackfield.kit.secret import Token
from jackfield.projects.key_limits import KeyLimits, Narrowing


class Scope(StrEnum):
    """A right of an API key. The right to write includes the right to read."""

    CONNECT_WRITE = "connect:write"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    ACTIONS_EXECUTE = "actions:execute"
    CONNECTORS_READ = "connectors:read"
    CONNECTORS_WRITE = "connectors:write"
    # Clients of the published platform ask for it; here it opens nothing, since no credential is
    # ever given back.
    CREDENTIALS_READ = "credentials:read"
    LOGS_READ = "logs:read"
    WEBHOOKS_WRITE = "webhooks:write"
    PROJECT_WRITE = "project:write"


_FINGERPRINT = 16

EVERY_SCOPE = frozenset(Scope)
_INCLUDES = {
    Scope.ACCOUNTS_WRITE: Scope.ACCOUNTS_READ,
    Scope.CONNECTORS_WRITE: Scope.CONNECTORS_READ,
}


# What a narrowed key may ask at all, as far as its parent may.
NARROWED_SCOPES: Final = frozenset(
    {Scope.ACTIONS_EXECUTE, Scope.CONNECTORS_READ, Scope.ACCOUNTS_READ}
)


class ApiKeyToken(Token, prefix="jf_sk_"):
    """The token that a project's own software authenticates with."""

    __slots__ = ()


class SignInToken(Token, prefix="jf_si_"):
    """The token of a sign-in link: opens the dashboard once."""

    __slots__ = ()


class DashboardToken(Token, prefix="jf_ss_"):
    """The cookie of a browser that is signed in to the dashboard."""

    __slots__ = ()

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.DASHBOARD_SESSION, self.digest().hex()[:_FINGERPRINT])


@dataclass(frozen=True, slots=True)
class Project:
    id: ProjectId
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """
    An API key as it is stored: without its token.

    A disabled key can be enabled again, a revoked one cannot. `created_by` is the actor that made
    it. Of its use the last minute is known, with the `User-Agent` and the address of the client. A narrowed key has
    a parent, which minted it, and `limits`; `calls_used` of its number of calls are.
    """

    id: ApiKeyId
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None = None
    disabled_at: datetime | None = None
    expires_at: datetime | None = None
    created_by: str | None = None
    used_at: datetime | None = None
    user_agent: str | None = None
    address: str | None = None
    parent_id: ApiKeyId | None = None
    limits: KeyLimits | None = None
    calls_used: int | None = None

    @property
    def calls_left(self) -> int | None:
        if self.limits is None or self.limits.calls is None:
            return None
        return max(0, self.limits.calls - (self.calls_used or 0))

    def state(self, now: datetime) -> "KeyState":
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if self.disabled_at is not None:
            return KeyState.DISABLED
        if self.expires_at is not None and self.expires_at <= now:
            return KeyState.EXPIRED
        return KeyState.ACTIVE


class KeyState(StrEnum):
    """Whether an API key works, or why it does not."""

    ACTIVE = "active"
    DISABLED = "disabled"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(slots=True)
class KeyUse:
    """
    When the use of a key is to be noted again, in seconds of the monotonic clock.

    `latest` is the latest time of a use that is known.
    """

    noted_until: float = 0.0
    latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """
    The authenticated caller: one project, with the scopes of one of its keys.

    A narrowed key has a `narrowing`, and works on pages of the project's allowed `origins`.
    """

    project_id: ProjectId
    scopes: frozenset[Scope]
    key_id: ApiKeyId
    expires_at: datetime | None = None
    # Where its project is used from; empty is everywhere.
    networks: tuple[str, ...] = ()
    use: KeyUse = field(default_factory=KeyUse, compare=False)
    narrowing: Narrowing | None = None
    origins: tuple[str, ...] = ()

    @property
    def actor(self) -> Actor:
        if self.narrowing is None:
            return Actor(ActorKind.API_KEY, self.key_id)
        return Actor(ActorKind.API_KEY, self.key_id, parents=self.narrowing.parents)

    def agent(self, protocol: str) -> Actor:
        """Return the actor of a request through an agents' protocol."""
        if self.narrowing is None:
            return Actor(ActorKind.AGENT, self.key_id, via=protocol)
        return Actor(ActorKind.AGENT, self.key_id, via=protocol, parents=self.narrowing.parents)

    def require(self, scope: Scope) -> None:
        """
        Raise unless the caller has `scope`.

        Raises:
            MissingScope: the key does not have it.
        """
        if scope not in self.scopes:
            msg = f"this needs an API key with the scope {scope.value!r}"
            raise MissingScope(msg)


def with_included(scopes: frozenset[Scope]) -> frozenset[Scope]:
    return scopes | {_INCLUDES[scope] for scope in scopes if scope in _INCLUDES}


class Unauthenticated(HubError):
    """A valid API key is required: HTTP Basic with the key as user name, or Bearer."""

    code = "unauthenticated"
    status = 401


class MissingScope(HubError):
    """The API key does not have the scope that this requires."""

    code = "missing_scope"
    status = 403


class ApiKeyNotFound(NotFound):
    """No API key with this id in the project."""

    code = "api_key_not_found"


class ProjectNotFound(NotFound):
    """No project with this name."""

    code = "project_not_found"


class ProjectBeingDeleted(Conflict):
    """This project is being deleted: `jackfield projects delete NAME` finishes that."""

    code = "project_being_deleted"


class SignInLinkUsed(HubError):
    """This sign-in link was used already, or has expired. Ask for a new one."""

    code = "sign_in_link_used"
    status = 410
