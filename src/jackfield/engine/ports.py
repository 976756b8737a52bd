"""The ports of a run: everything outside the engine that a run uses.

The engine builds a `Request`, a `Transport` carries it. In a running hub that is egress; in tests,
cases and `connectors eval` it is a script.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from jackfield.kit.json import Json

StepState: TypeAlias = Literal["done", "failed", "skipped"]


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
    """Carries requests to the provider.

    It raises `ProviderUnavailable`, `ProviderTimeout` or `EgressBlocked` (`jackfield.kit.errors`)
    and returns everything else, whatever its status.
    """

    async def send(self, request: Request) -> Response: ...


class RequestLimiter(Protocol):
    """Lets requests of one account through, no more at a time than the provider takes."""

    def enter(self, method: str, url: str) -> AbstractAsyncContextManager[None]:
        """Wait for a turn; the request is in flight while the context is open."""
        ...


class Signer(Protocol):
    """Signs with RSA keys given as PEM. Every method raises `ValueError` for a bad key."""

    def sign_jwt(self, claims: Mapping[str, Json], *, private_key: str) -> str:
        """Return a compact JWS of `claims`, signed RS256."""
        ...

    def fingerprint(self, private_key: str) -> str:
        """Return `SHA256:` and the base64 digest of the public key in DER form."""
        ...

    def sign_xml(self, document: str, *, private_key: str, certificate: str | None) -> str:
        """Return `document` with an enveloped RSA-SHA256 signature over its root element."""
        ...


class AccountCache(Protocol):
    """Keeps responses of one account, for steps with `cacheTTL`.

    A key is a digest of the whole request, headers included.
    """

    async def get(self, key: str) -> Response | None: ...

    async def put(self, key: str, response: Response, *, seconds: float) -> None: ...


class Trace(Protocol):
    """Receives each thing as it happens. Values are as they are: redact before showing them."""

    def step_started(self, step_id: str, function: str) -> None: ...

    def requested(self, step_id: str, request: Request) -> None: ...

    def answered(self, step_id: str, response: Response, *, seconds: float) -> None: ...

    def step_ended(self, step_id: str, state: StepState, output: Mapping[str, Json]) -> None: ...
