"""Connections by way of a proxy, to addresses that were resolved and checked here.

The proxy is given an address and never a name: to resolve names itself, it would be out of reach of
the guard. TLS begins behind it, with the provider, whose name the certificate has to have.
"""

import asyncio
import re
import socket
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from jackfield.egress.errors import EgressProxyFailed, unsent
from jackfield.egress.policy import is_public
from jackfield.kit.errors import HubError
from jackfield.kit.proxy_address import ProxyAddress

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ClientRequest

    from jackfield.egress.guard import Guard

_MOST_HEAD: Final = 16 * 1024
_END: Final = b"\r\n\r\n"
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_UNAUTHORIZED: Final = 407
_AWAY: Final = "cannot be reached"
_UNKNOWN: Final = "does not accept its user name and password (407)"
_NO_PROXY: Final = "does not answer as one"


class NotReachable(OSError):
    """The proxy could not connect to an address."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the proxy answers {status}")


class TunnelingConnector(aiohttp.TCPConnector):
    """Connects to public addresses by way of a proxy, and to private ones by itself."""

    def __init__(self, guard: "Guard", proxy: ProxyAddress, **given: Any) -> None:
        super().__init__(**given)  # pyright: ignore[reportUnknownMemberType] - of aiohttp
        self._guard = guard
        self._tunnel_proxy = proxy

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[Any],
        req: "ClientRequest",
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the signature of aiohttp's
        client_error: type[Exception] = aiohttp.ClientConnectorError,
        **kwargs: Any,
    ) -> "tuple[asyncio.Transport, ResponseHandler]":
        addresses = [info[4] for info in addr_infos]
        if not all(is_public(str(each[0])) for each in addresses):
            # Not for the proxy to reach: where it is allowed at all, it is in a network of ours.
            return await super()._wrap_create_connection(  # pyright: ignore[reportUnknownMemberType]
                *args,
                addr_infos=addr_infos,
                req=req,
                timeout=timeout,
                client_error=client_error,
                **kwargs,
            )
        try:
            tunnel = await self._open(
                [(str(each[0]), int(each[1])) for each in addresses], timeout.sock_connect
            )
        except NotReachable as error:
            raise client_error(req.connection_key, error) from error
        try:
            return await self._wrap_existing_connection(
                *args, req=req, timeout=timeout, client_error=client_error, sock=tunnel, **kwargs
            )
        except BaseException:
            tunnel.close()
            raise

    async def _open(self, addresses: list[tuple[str, int]], seconds: float | None) -> socket.socket:
        """Return a tunnel to the first of the addresses that the proxy can reach."""
        failure: NotReachable | None = None
        # Those of IPv4 first: many a proxy has no other way out.
        for host, port in sorted(addresses, key=lambda each: ":" in each[0]):
            self._guard.require(host)
            try:
                return await open_tunnel(self._tunnel_proxy, host, port, seconds=seconds)
            except NotReachable as error:
                failure = error
        assert failure is not None, "a name that was found has an address"
        raise failure


async def open_tunnel(
    proxy: ProxyAddress, host: str, port: int, *, seconds: float | None
) -> socket.socket:
    """
    Return a connection to an address, made by a proxy.

    Raises:
        TimeoutError: the proxy did not answer within `seconds`.
        NotReachable: the proxy cannot reach the address.
        EgressProxyFailed: the proxy cannot be reached, or refuses.
    """
    try:
        async with asyncio.timeout(seconds):
            opened = await _reach(proxy)
    except TimeoutError as error:
        raise _failed(_AWAY) from error
    try:
        async with asyncio.timeout(seconds):
            target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            await _send(opened, _request(target, proxy))
            _require_open(_status(await _head(opened)))
    except BaseException:
        opened.close()
        raise
    return opened


def _require_open(status: int) -> None:
    match status // 100:
        case 2:
            return
        case 5:
            raise NotReachable(status)
        case _ if status == _UNAUTHORIZED:
            raise _failed(_UNKNOWN)
        case _:
            how = f"refuses the connection ({status})"
            raise _failed(how)


async def _reach(proxy: ProxyAddress) -> socket.socket:
    loop = asyncio.get_running_loop()
    failure: OSError | None = None
    try:
        infos = await loop.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
    except OSError as error:
        infos, failure = [], error
    for family, kind, protocol, _, address in infos:
        opened = socket.socket(family, kind, protocol)
        opened.setblocking(False)
        try:
            await loop.sock_connect(opened, address)
        except BaseException as error:
            opened.close()
            if not isinstance(error, OSError):
                raise
            failure = error
        else:
            return opened
    raise _failed(_AWAY) from failure


def _request(target: str, proxy: ProxyAddress) -> bytes:
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization.reveal()}")
    return "\r\n".join([*lines, "", ""]).encode()


async def _send(opened: socket.socket, content: bytes) -> None:
    try:
        await asyncio.get_running_loop().sock_sendall(opened, content)
    except OSError as error:
        raise _broken() from error


async def _head(opened: socket.socket) -> bytes:
    """Return the head of the proxy's answer; what follows it is not the proxy's to send."""
    loop, head = asyncio.get_running_loop(), b""
    while _END not in head:
        try:
            part = await loop.sock_recv(opened, _MOST_HEAD)
        except OSError as error:
            raise _broken() from error
        head += part
        if not part or len(head) > _MOST_HEAD:
            raise _broken()
    if not head.endswith(_END) and _status(head) // 100 == 2:  # noqa: PLR2004
        raise _broken()
    return head


def _status(head: bytes) -> int:
    match = _STATUS.match(head)
    if match is None:
        raise _broken()
    return int(match[1])


def _broken() -> HubError:
    return _failed(_NO_PROXY)


def _failed(how: str) -> HubError:
    return unsent(EgressProxyFailed(f"the proxy by which this hub sends requests {how}"))
