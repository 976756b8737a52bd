"""The one who makes a change: carried by every transaction that writes."""

from enum import StrEnum
from typing import Self

from msgspec import UNSET, Struct, UnsetType


class ActorKind(StrEnum):
    API_KEY = "api_key"
    AGENT = "agent"
    DASHBOARD_SESSION = "dashboard_session"
    MEMBER = "member"
    CONNECT_SESSION = "connect_session"
    PORTAL_SESSION = "portal_session"
    WORKER = "worker"
    COMMAND = "command"
    UNKNOWN = "unknown"


class Actor(Struct, frozen=True):
    """
    An API key, a member, a session, or a part of the hub itself.

    `id` identifies it among its kind and is no secret: the id of an API key, member, connect or portal session,
    a fingerprint of a dashboard session, the name of a job or command. An agent is an API key that
    came through the protocol `via`; `name` is what people know a member by. `parents` are the keys
    that a narrowed one comes from, the one that minted it first.
    """

    kind: ActorKind
    id: str
    via: str | None = None
    name: str | None = None
    parents: tuple[str, ...] | UnsetType = UNSET

    @classmethod
    def worker(cls, job: str) -> Self:
        """Return the actor of a background job."""
        return cls(ActorKind.WORKER, job)

    @classmethod
    def command(cls, name: str) -> Self:
        """Return the actor of a command on the hub's machine, such as `keys create`."""
        return cls(ActorKind.COMMAND, name)

    @classmethod
    def unknown(cls) -> Self:
        """Return the actor of a request that was denied."""
        return cls(ActorKind.UNKNOWN, "unknown")

    def __str__(self) -> str:
        more = self.via or self.name
        return f"{self.kind}:{self.id}" + (f" ({more})" if more else "")
