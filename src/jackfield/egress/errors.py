"""Errors of requests to the network, in the hub's words."""

import asyncio
import secrets
import socket
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from jackfield.egress.response_body import TooLarge
from jackfield.egress.unpacker import NotPackedSo, Truncated
from jackfield.kit.errors import (
    EgressBlocked,
    HubError,
    ProviderError,
    ProviderUnavailable,
    UnreadableAnswer,
)


class ProviderAnswerTooLarge(ProviderError):
    """The provider's response is too large for this hub."""

    code = "provider_answer_too_large"


class EgressProxyFailed(ProviderUnavailable):
    """The proxy by which this hub sends requests cannot be used."""

    code = "egress_proxy_failed"


class HostNotFound(ProviderUnavailable):
    """The host's name does not resolve."""


class UnusableCertificate(EgressBlocked):
    """The client certificate of a request and its key cannot be used together."""


# Before a connection stands, no byte of a request is sent.
# Seconds until a name is looked up and a connection is refused.
_SHORTEST_WAIT: Final = 0.02
_NOT_REACHED: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ConnectionTimeoutError,
    socket.gaierror,
)


class translating_errors:  # noqa: N801 - read as a verb
    """Translates errors of aiohttp into `ProviderUnavailable` and `EgressBlocked`."""

    __slots__ = ("_peer", "_url")

    def __init__(self, url: str, peer: str = "provider") -> None:
        self._url = url
        self._peer = peer

    def __enter__(self) -> None: ...

    def __exit__(
        self, _kind: object, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        if isinstance(error, EgressBlocked):
            error.nothing_sent = True
            return
        told = _told(error, self._url, self._peer)
        if told is not None:
            raise told from error


def _told(error: BaseException, url: str, peer: str) -> HubError | None:  # noqa: PLR0911 - one for each kind
    """Return what an error of aiohttp means; `None` if it is none of its."""
    host = f"the {peer}'s host {host_of(url)!r}"
    match error:
        case aiohttp.InvalidURL():
            return unsent(EgressBlocked(f"{host_of(url)!r} is not a valid host of a URL"))
        case _ if isinstance(error, _NOT_REACHED):
            return unsent(_not_reached(host, error))
        case aiohttp.ClientConnectionError():
            return ProviderUnavailable(f"{host} closed the connection")
        case aiohttp.ClientPayloadError():
            return ProviderUnavailable(f"the response of {host} is incomplete")
        case TooLarge():
            return ProviderAnswerTooLarge(
                f"the {peer}'s answer is larger than {_size(error.limit)}"
            )
        case Truncated():
            return ProviderUnavailable(f"the answer of {host} broke off")
        case NotPackedSo():
            return UnreadableAnswer(f"the {peer}'s answer cannot be read: {error}")
        case aiohttp.ClientError() | ValueError():
            return ProviderUnavailable(f"{host} did not send a valid HTTP response")
        case _:
            return None


async def no_connection(url: str) -> HubError:
    """Return what a host answers that cannot be reached, after a while, without asking any."""
    await asyncio.sleep(_SHORTEST_WAIT + secrets.randbelow(100) / 1000)
    return unsent(ProviderUnavailable(f"the provider's host {host_of(url)!r} cannot be reached"))


def _not_reached(host: str, error: Exception) -> ProviderUnavailable:
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror):
        return HostNotFound(f"{host} cannot be found")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return ProviderUnavailable(f"the certificate of {host} is not valid")
    return ProviderUnavailable(f"{host} cannot be reached")


def _size(count: int) -> str:
    megabytes = count // (1024 * 1024)
    return f"{megabytes} MB" if megabytes else f"{count // 1024} KB"


def unsent(error: HubError) -> HubError:
    error.nothing_sent = True
    return error


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""
