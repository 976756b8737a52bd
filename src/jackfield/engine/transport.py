"""The seam between the engine and the network.

The engine builds a `Request`, a `Transport` carries it. In a running hub that is egress; in tests,
cases and `connectors eval` it is a script. A transport raises `ProviderUnavailable`,
`ProviderTimeout` or `EgressBlocked` (`jackfield.kit.errors`) and returns everything else, whatever
its status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What to show a server that asks for a client certificate: PEM texts."""

    certificates: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, complete: the transport adds only what the protocol needs.

    `url` is absolute and already encoded. `headers` keep their spelling and order. `follow` is how
    many redirects the transport may follow, on hosts the connector declares; credentials are
    dropped when one leads to another origin.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    follow: int = 0
    certificate: ClientCertificate | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `headers` have lower-case names; `url` is where the answer came from."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""


class Transport(Protocol):
    async def send(self, request: Request) -> Response: ...
