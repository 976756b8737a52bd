"""The ports of a run: everything outside the engine that a run uses.

The engine builds a `Request`, a `Transport` carries it. In a running hub that is egress; in tests,
cases and `connectors eval` it is a script.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct, field

from jackfield.kit.json import Json

StepState: TypeAlias = Literal["done", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A TLS client certificate, as PEM texts."""

    certificates: tuple[str, ...]
    keys: tuple[str, ...]


class Request(Struct, frozen=True):
    """One complete HTTP request; the transport adds only what the protocol needs.

    `url` is absolute and encoded. `headers` keep their spelling and order. `follow` is the number
    of redirects the transport may follow, on hosts the connector declares; a redirect to another
    origin drops the credentials.

    `sign` completes the request for one attempt to send it. `secrets` are texts in it that were
    made of credentials, and are to be masked like them.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    follow: int = 0
    certificate: ClientCertificate | None = None
    sign: "Callable[[Request], Request] | None" = None
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # What it is signed with, and its headers, are no text for logs.
        return f"Request({self.method!r}, {self.url!r})"

    def signed(self) -> "Request":
        """Return the request for one attempt: its time and nonce are those of now."""
        return self if self.sign is None else self.sign(self)


class Response(Struct, frozen=True):
    """One HTTP response. `headers` have lower-case names; `url` is the final URL."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""


class CursorSeal(Protocol):
    """Marks cursors as given out for one account, so that a made-up one is recognized."""

    def seal(self, cursor: str, action_id: str) -> str: ...

    def open(self, sealed: str, action_id: str) -> str | None:
        """Return the cursor that was sealed for this action; `None` if none was."""
        ...


class Transport(Protocol):
    """Sends requests to the provider.

    It raises `ProviderUnavailable`, `ProviderTimeout` or `EgressBlocked` (`jackfield.kit.errors`)
    and returns responses of any status.
    """

    async def send(self, request: Request) -> Response: ...


class RequestLimiter(Protocol):
    """Limits the rate and concurrency of one account's requests."""

    def enter(self, method: str, url: str) -> AbstractAsyncContextManager[None]:
        """Wait until the request may be sent; it is in flight inside the context."""
        ...


class Signer(Protocol):
    """Signs with the keys of an account. Every method raises `ValueError` for an unusable one.

    A private key is in PEM, base64 of it, or a JSON Web Key; that of `HS…` may be any text.
    """

    def sign_jwt(
        self,
        claims: Mapping[str, Json],
        *,
        key: str,
        algorithm: str = "RS256",
        headers: Mapping[str, Json] | None = None,
    ) -> str:
        """Return a compact JWS of `claims`; `headers` are added to its header."""
        ...

    def sign_rsa(self, content: bytes, *, private_key: str, digest: str) -> bytes:
        """Return the RSA signature (PKCS #1 v1.5) of `content`; `digest` is such as `sha256`."""
        ...

    def fingerprint(self, private_key: str) -> str:
        """Return `SHA256:` and the base64 digest of the public key in DER form."""
        ...

    def thumbprint(self, certificate: str) -> str:
        """Return the SHA-256 thumbprint of a certificate in PEM, as `x5t#S256` has it."""
        ...

    def sign_xml(self, document: str, *, private_key: str, certificate: str | None) -> str:
        """Return `document` with an enveloped RSA-SHA256 signature over its root element."""
        ...


class AccountCache(Protocol):
    """Caches responses of one account, for steps with `cacheTTL`.

    A key is a digest of the whole request, headers included.
    """

    async def get(self, key: str) -> Response | None: ...

    async def put(self, key: str, response: Response, *, seconds: float) -> None: ...


class Trace(Protocol):
    """Receives the events of a run as they happen. Values are not redacted."""

    def step_started(self, step_id: str, function: str) -> None: ...

    def requested(self, step_id: str, request: Request) -> None: ...

    def not_sent(self, step_id: str) -> None:
        """Take the last request back: none of it has left."""
        ...

    def answered(self, step_id: str, response: Response, *, seconds: float) -> None: ...

    def step_ended(self, step_id: str, state: StepState, output: Mapping[str, Json]) -> None: ...
