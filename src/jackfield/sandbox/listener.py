"""An ASGI application, served on this machine alone."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeAlias

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from jackfield.sandbox.transmission import TRANSPORT, Receive, Send

HOST: Final = "127.0.0.1"
Scope: TypeAlias = dict[str, Any]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class PortUnavailable(Exception):
    """A port cannot be listened on."""

    def __init__(self, port: int, reason: OSError) -> None:
        super().__init__(f"port {port} of {HOST} cannot be used: {reason.strerror}")


@asynccontextmanager
async def listen(application: Application, port: int) -> AsyncGenerator[str]:
    """
    Serve until the block is left, and yield the origin; port 0 means any that is free.

    Raises:
        PortUnavailable: the port is taken.
    """
    listener = _bind(port)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):
            await application(scope, receive, send)

    config = uvicorn.Config(
        # Longer than clients keep a connection: one that is closed as it is used loses a write.
        answer,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
    )
    config.load()
    state = ServerState()
    state.default_headers = [(b"server", b"jackfield-sandbox")]
    server = await asyncio.get_running_loop().create_server(
        lambda: _Protocol(config=config, server_state=state, app_state={}), sock=listener
    )
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.close()
        # Connections go first, so that nobody is told of the requests that end with them.
        for connection in list(state.connections):
            connection.transport.abort()
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks)
        await asyncio.sleep(0)


class _Protocol(HttpToolsProtocol):
    """Lets a request's handler reach the connection, for the faults that break it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: self.transport}  # pyright: ignore[reportGeneralTypeIssues]


def _bind(port: int) -> socket.socket:
    # The protocol is named because asyncio turns delays off only for sockets that name it.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortUnavailable(port, error) from error
    return listener
