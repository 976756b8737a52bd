"""Both regions, served on this machine."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from jackfield.kit.clock import Clock, system_clock
from jackfield.sandbox.iterable.app import IterableApp, Scope, build_app
from jackfield.sandbox.iterable.journal import Journal
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.seed.document import RegionSeeds
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.times import TurnableClock
from jackfield.sandbox.iterable.transmission import TRANSPORT, Receive, Send

HOST: Final = "127.0.0.1"


class PortUnavailable(Exception):
    """A port cannot be listened on."""

    def __init__(self, port: int, reason: OSError) -> None:
        super().__init__(f"port {port} of {HOST} cannot be used: {reason.strerror}")


@dataclass(frozen=True, slots=True)
class Origin:
    """One region, where it is served; its project is planted when it is first wanted."""

    url: str
    plant: Callable[[], IterableApp]

    @property
    def app(self) -> IterableApp:
        return self.plant()

    @property
    def api_keys(self) -> Mapping[str, str]:
        """The keys by name: `server_side`, `read_only`, `mobile`, `javascript`."""
        return {name: key.value for name, key in self.app.sandbox.keys.items()}

    @property
    def requests(self) -> Journal:
        return self.app.sandbox.journal

    @property
    def project(self) -> Project:
        return self.app.sandbox.project

    @property
    def clock(self) -> TurnableClock:
        return self.app.sandbox.clock


@dataclass(frozen=True, slots=True)
class Sandbox:
    us: Origin
    eu: Origin


@asynccontextmanager
async def serve(
    *,
    us_port: int = 0,
    eu_port: int = 0,
    clock: Clock = system_clock,
    seeds: RegionSeeds | None = None,
) -> AsyncGenerator[Sandbox]:
    """
    Serve both regions until the block is left; port 0 means any that is free.

    Raises:
        PortUnavailable: a port is taken.
        Refusal: a seed holds what the provider would refuse.
    """
    planted = seeds or RegionSeeds()
    async with AsyncExitStack() as stack:
        origins = [
            await stack.enter_async_context(
                _serve(partial(build_app, region, clock=clock, seed=planted.of(region)), port)
            )
            for region, port in ((Region.US, us_port), (Region.EU, eu_port))
        ]
        if seeds is not None:
            # So that a seed that cannot be planted is refused now.
            for origin in origins:
                origin.plant()
        yield Sandbox(*origins)


@asynccontextmanager
async def _serve(build: Callable[[], IterableApp], port: int) -> AsyncGenerator[Origin]:
    listener = _listen(port)
    plant = cache(build)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):
            await plant()(scope, receive, send)

    config = uvicorn.Config(answer, lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    state.default_headers = [(b"server", b"jackfield-sandbox")]
    server = await asyncio.get_running_loop().create_server(
        lambda: _Protocol(config=config, server_state=state, app_state={}), sock=listener
    )
    try:
        yield Origin(f"http://{HOST}:{listener.getsockname()[1]}", plant)
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


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio turns delays off only for sockets that name it.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortUnavailable(port, error) from error
    return listener
