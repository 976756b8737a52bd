"""Names of hosts, resolved to the addresses that a test says."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

import pytest


def resolve(
    monkeypatch: pytest.MonkeyPatch, name: str, addresses: Callable[[], Sequence[str]]
) -> None:
    """Let the running loop resolve `name` to `addresses`, which is called at each lookup."""
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def look_up(host: Any, port: Any, **options: Any) -> Any:
        if host != name:
            return await real(host, port, **options)
        return [_found(address, int(port)) for address in addresses()]

    monkeypatch.setattr(loop, "getaddrinfo", look_up)


def _found(address: str, port: int) -> Any:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)
