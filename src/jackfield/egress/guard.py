"""Guard of connections: the check of each address, at the resolver and at the socket."""

import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from jackfield.egress.policy import PrivateNetworks, may_be_reached
from jackfield.kit.errors import EgressBlocked


class Guard:
    """Refuses addresses that are neither public nor of an allowed network.

    `None` allows every address, as for what the operator named.
    """

    def __init__(self, allowed: PrivateNetworks | None) -> None:
        self._allowed = allowed

    def require(self, address: str) -> None:
        if self._allowed is not None and not may_be_reached(address, self._allowed):
            msg = (
                "the address is private or reserved; name its network in "
                "JACKFIELD_ALLOW_PRIVATE_NETWORKS if this hub may send requests there (link-local "
                "and metadata addresses are never reached)"
            )
            raise EgressBlocked(msg, address=address)

    def open_socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        self.require(str(address[0]))
        return socket.socket(family, kind, protocol)


class CheckingResolver(AbstractResolver):
    """Resolves names, and refuses those with any address that is not allowed.

    Any, not all: a name with a public and a private address is made to pass a check of the first.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        results = await self._inner.resolve(host, port, family)
        for result in results:
            self._guard.require(result["host"])
        return results

    async def close(self) -> None:
        await self._inner.close()
