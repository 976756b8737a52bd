"""Projects, API keys and scopes."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.errors import HubError, NotFound
from jackfield.kit.ids import ApiKeyId, ProjectId
from jackfield.kit.secret import Token


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
    it. Of its use the last minute is known, with the `User-Agent` and the address of the client.
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
    """When the use of a key is to be noted again, in seconds of the monotonic clock."""

    noted_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Caller:
    """The authenticated caller: one project, with the scopes of one of its keys."""

    project_id: ProjectId
    scopes: frozenset[Scope]
    key_id: ApiKeyId
    expires_at: datetime | None = None
    # Where its project is used from; empty is everywhere.
    networks: tuple[str, ...] = ()
    use: KeyUse = field(default_factory=KeyUse, compare=False)

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.API_KEY, self.key_id)

    def agent(self, protocol: str) -> Actor:
        """Return the actor of a request through an agents' protocol."""
        return Actor(ActorKind.AGENT, self.key_id, via=protocol)

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


class SignInLinkUsed(HubError):
    """This sign-in link was used already, or has expired. Ask for a new one."""

    code = "sign_in_link_used"
    status = 410
