"""Python client of the hub's API: `Hub` is synchronous, `AsyncHub` asynchronous."""

from typing import TYPE_CHECKING, Any

from jackfield.client.errors import (
    BrokenOff,
    ClientError,
    Conflict,
    Fault,
    HubFailed,
    Invalid,
    NotAllowed,
    NotFound,
    NotUsable,
    ProviderFailed,
    RateLimited,
    Refused,
    Unauthenticated,
    Unreachable,
)
from jackfield.client.models import (
    Account,
    Action,
    Connector,
    ConnectSession,
    File,
    FoundAction,
    MendingStep,
    NarrowedKey,
    PortalSession,
    Result,
    Revocation,
    StatusReason,
)
from jackfield.client.sync_client import Hub

if TYPE_CHECKING:
    from jackfield.client.async_client import AsyncHub

__all__ = [
    "Account",
    "Action",
    "AsyncHub",
    "BrokenOff",
    "ClientError",
    "Conflict",
    "ConnectSession",
    "Connector",
    "Fault",
    "File",
    "FoundAction",
    "Hub",
    "HubFailed",
    "Invalid",
    "MendingStep",
    "NarrowedKey",
    "NotAllowed",
    "NotFound",
    "NotUsable",
    "PortalSession",
    "ProviderFailed",
    "RateLimited",
    "Refused",
    "Result",
    "Revocation",
    "StatusReason",
    "Unauthenticated",
    "Unreachable",
]


def __getattr__(name: str) -> Any:
    # Only AsyncHub needs aiohttp, which is slow to import.
    if name == "AsyncHub":
        from jackfield.client.async_client import AsyncHub  # noqa: PLC0415

        return AsyncHub
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
