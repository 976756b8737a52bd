"""The only way out to the network.

Every address is checked where the connection is really made: names after they are resolved, and
the socket once more, because an IP literal is never resolved. Redirects are followed by hand, so
that each hop is checked like the first. Size and time are bounded.
"""

import asyncio
import io
import re
import socket
import ssl
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urljoin

import aiohttp
from msgspec import Struct, field
from msgspec.structs import replace
from yarl import URL

from jackfield.egress.errors import UnusableCertificate, host_of, translating_errors, unsent
from jackfield.egress.guard import CheckingResolver, Guard
from jackfield.egress.in_flight import InFlight
from jackfield.egress.policy import PrivateNetworks
from jackfield.egress.response_body import read_body, read_headers, read_parts
from jackfield.egress.rewrite import Rewrites
from jackfield.egress.tunnel import TunnelingConnector
from jackfield.egress.unpacker import ACCEPTED
from jackfield.kit.deadline import Deadline
from jackfield.kit.errors import (
    EgressBlocked,
    HubError,
    ProviderTimeout,
)
from jackfield.kit.proxy_address import ProxyAddress
from jackfield.kit.urls import find_origin

MOST_BYTES: Final = 32 * 1024 * 1024

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_KEPT_ACROSS_ORIGINS: Final = frozenset({"accept", "accept-language", "user-agent"})
_CONNECT_SECONDS: Final = 10
_MOST_AT_ONCE: Final = 1024 * 1024
_UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_MAX_HEADER_BYTES: Final = 32 * 1024
_USER_AGENT: Final = f"Jackfield/{version('jackfield')}"


class OutboundRequest(Struct, frozen=True):
    """One request. `url` is absolute and encoded; `seconds` is the time limit with all redirects.

    `may_visit` is called for the first URL and that of each redirect. `certificate` is a client
    certificate: PEM texts of the chain and the key.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    seconds: float = 60
    max_bytes: int = MOST_BYTES
    follow: int = 0
    may_visit: Callable[[str], bool] = lambda _: True
    certificate: tuple[str, str] | None = None
    # Whether it goes to a provider, which the operator may have rewritten to a private address.
    is_to_provider: bool = True
    # Whether it goes to where the operator's own settings say, in whatever network that is.
    is_to_operator: bool = False

    @property
    def peer(self) -> str:
        """What errors call the other end."""
        return "provider" if self.is_to_provider else "receiver"


class OutboundResponse(Struct, frozen=True):
    """A response. `headers` have lower-case names; repeated ones are joined by a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Stream:
    """A response whose body is streamed."""

    def __init__(self, response: aiohttp.ClientResponse, url: str, *, seconds: float) -> None:
        self._response = response
        self._seconds = seconds
        self.url: Final = url
        self.status: Final = response.status
        self.headers: Final[Mapping[str, str]] = read_headers(response)

    async def chunks(self) -> AsyncGenerator[bytes]:
        """
        Yield the decompressed body in chunks.

        Raises:
            ProviderUnavailable: the connection was lost.
            ProviderTimeout: no data arrived in time.
        """
        try:
            with translating_errors(self.url):
                async with aclosing(read_parts(self._response)) as parts:
                    while True:
                        async with asyncio.timeout(self._seconds):
                            part = await anext(parts, b"")
                        if not part:
                            return
                        yield part
        except TimeoutError as error:
            raise ProviderTimeout(host=host_of(self.url)) from error

    async def read(self, limit: int) -> bytes:
        """
        Return the whole body, of at most `limit` bytes.

        Raises:
            ProviderAnswerTooLarge, ProviderUnavailable, ProviderTimeout: as `Egress.fetch`.
        """
        try:
            with translating_errors(self.url):
                async with asyncio.timeout(self._seconds):
                    return await read_body(self._response, limit)
        except TimeoutError as error:
            raise ProviderTimeout(host=host_of(self.url)) from error

    def close(self) -> None:
        """Release the connection; it is not reused unless the body was read to its end."""
        self._response.close()


class Egress:
    def __init__(
        self,
        *,
        rewrites: Rewrites,
        allow_private: PrivateNetworks,
        proxy: ProxyAddress | None = None,
    ) -> None:
        """
        Create the client.

        Args:
            rewrites: origins to replace. Only their targets bypass the guard against private
                addresses.
            allow_private: the private networks that may be reached, too.
            proxy: by which public addresses are reached; private ones are without it.
        """
        self._rewrites = rewrites
        self.private_networks: Final = allow_private
        self._in_flight = InFlight()
        self._public = _session(Guard(allow_private), proxy)
        # Apart, so that a pooled connection to a sandbox is never used for a provider.
        self._rewritten = _session(Guard(None), proxy)

    async def fetch(self, request: OutboundRequest) -> OutboundResponse:
        """
        Send a request once and return its response of any status.

        An error tells whether it came before anything was sent (`nothing_sent`).

        Raises:
            EgressBlocked: the URL, or one it redirects to, is not allowed.
            ProviderUnavailable: no response, or an incomplete one.
            ProviderTimeout: not within `seconds`.
            ProviderAnswerTooLarge: more than `max_bytes`.
        """
        try:
            with Deadline(request.seconds):
                return await self._follow(request)
        except TimeoutError as error:
            raise ProviderTimeout(host=host_of(request.url)) from error

    async def open(self, request: OutboundRequest) -> "Stream":
        """
        Send a request, and return its response before the body. Redirects are not followed.

        `seconds` limits the wait for the head of the response and for each part of its body;
        `max_bytes` is ignored. The caller closes the stream.

        Raises:
            EgressBlocked, ProviderUnavailable, ProviderTimeout: as `fetch`.
        """
        url = request.url
        _require_allowed(url, request.headers, request.may_visit)
        target = self._rewrites.rewrite(url)
        session = self._public if target is None else self._rewritten
        try:
            with translating_errors(url):
                async with asyncio.timeout(request.seconds):
                    response = await session.request(
                        request.method,
                        URL(target or url, encoded=True),
                        data=_payload(request.body),
                        headers=request.headers,
                        allow_redirects=False,
                        ssl=_client_context(request.certificate),
                    )
        except TimeoutError as error:
            raise ProviderTimeout(host=host_of(url)) from error
        return Stream(response, url, seconds=request.seconds)

    async def close(self) -> None:
        await self._public.close()
        await self._rewritten.close()

    async def _follow(self, request: OutboundRequest) -> OutboundResponse:
        method, url, body = request.method, request.url, request.body
        headers, certificate = request.headers, request.certificate
        hop = request
        for left in range(request.follow, -1, -1):
            try:
                _require_allowed(url, headers, request.may_visit)
                response = await self._send(hop)
            except HubError as error:
                # After a redirect, the request before it was sent.
                error.nothing_sent = error.nothing_sent and left == request.follow
                raise
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or location is None or not left:
                return response
            target = self._rewrites.restore(urljoin(url, location))
            if find_origin(target) != find_origin(url):
                # Any header may carry the credential; only these are known not to. So may a body,
                # and who the certificate is shown to can act in its name.
                headers = {k: v for k, v in headers.items() if k.lower() in _KEPT_ACROSS_ORIGINS}
                body = certificate = None
            if response.status == 303 or (response.status in (301, 302) and method == "POST"):  # noqa: PLR2004
                method, body = "GET", None
            url = target
            hop = replace(
                request,
                method=method,
                url=url,
                headers=headers,
                body=body,
                certificate=certificate,
            )
        raise AssertionError

    async def _send(self, request: OutboundRequest) -> OutboundResponse:
        url = request.url
        target = self._rewrites.rewrite(url) if request.is_to_provider else None
        is_named = target is not None or request.is_to_operator
        session = self._rewritten if is_named else self._public
        with translating_errors(url, request.peer):
            async with session.request(
                request.method,
                URL(target or url, encoded=True),
                data=_payload(request.body),
                headers=request.headers,
                allow_redirects=False,
                ssl=_client_context(request.certificate),
            ) as response:
                with self._in_flight.counted() as count:
                    content = await read_body(response, request.max_bytes, count)
                return OutboundResponse(response.status, read_headers(response), content, url)


def _session(guard: Guard, proxy: ProxyAddress | None) -> aiohttp.ClientSession:
    connecting: dict[str, Any] = {
        "resolver": CheckingResolver(guard),
        "socket_factory": guard.open_socket,
        "family": socket.AF_UNSPEC,
        # Unlimited here: requests are limited per account, so that a slow provider does not block
        # the others.
        "limit": 0,
    }
    session = aiohttp.ClientSession(
        connector=(
            aiohttp.TCPConnector(**connecting)
            if proxy is None
            else TunnelingConnector(guard, proxy, **connecting)
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": _USER_AGENT, "Accept-Encoding": ACCEPTED},
        # Unpacked here, where the end is looked for.
        auto_decompress=False,
        skip_auto_headers=("Content-Type",),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        max_line_size=_MAX_HEADER_BYTES,
        max_field_size=_MAX_HEADER_BYTES,
        trust_env=False,
    )
    # Left to itself it sends GET, PUT and DELETE a second time when a connection is dropped: what
    # is repeated is for its callers to decide. There is no public way to say so.
    session._retry_connection = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return session


def _require_allowed(
    url: str, headers: Mapping[str, str], may_visit: Callable[[str], bool]
) -> None:
    if find_origin(url) is None:
        msg = (
            "only http and https URLs with a host, written in ASCII and without a user name, can "
            "be requested"
        )
        raise unsent(EgressBlocked(msg))
    if any(map(_UNSENDABLE.search, (*headers, *headers.values()))):
        msg = "a header of this request has a value that no header can have"
        raise unsent(EgressBlocked(msg))
    if not may_visit(url):
        msg = f"the connector does not declare the host {host_of(url)!r}"
        raise unsent(EgressBlocked(msg))


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    # What is large is read and written piece by piece.
    return io.BytesIO(body) if body is not None and len(body) > _MOST_AT_ONCE else body


def _client_context(certificate: tuple[str, str] | None) -> ssl.SSLContext | bool:
    if certificate is None:
        return True
    context = ssl.create_default_context()
    # The standard library reads a certificate from files only.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write("\n".join(certificate))
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except (ssl.SSLError, ValueError) as error:
            msg = "the account's client certificate and key cannot be used together"
            raise unsent(UnusableCertificate(msg)) from error
    return context
