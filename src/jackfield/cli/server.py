"""Web server of the commands `serve` and `demo`."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncGenerator, Generator

import uvicorn

from jackfield.app import build_app, open_hub
from jackfield.connectors.catalog import Catalog
from jackfield.http.connection import BoundedProtocol
from jackfield.kit import log
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.settings import Settings
from jackfield.worker.background import background

_BACKLOG = 2048
_GRACE_SECONDS = 10
# For what was cut off at the end of the grace, to say so in the log of runs.
_LAST_SECONDS = 2
# New objects, then younger collections, before a collection; Python's own are 700, 10 and 10.
COLLECT_AFTER = (5_000, 10, 10)


class PortInUse(HubError):
    """The port is used by another program; choose another with --port."""

    code = "port_in_use"


def listen(host: str, port: int) -> socket.socket:
    """
    Open the server's socket; port 0 means any free port.

    Raises:
        PortInUse: the socket cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except (OSError, UnicodeError) as error:
        opened.close()
        reason = error.strerror if isinstance(error, OSError) else "it is no host"
        msg = f"cannot listen on {host}:{port}: {reason}; choose another with --port"
        raise PortInUse(msg) from error
    opened.listen(_BACKLOG)
    return opened


def origin(opened: socket.socket) -> str:
    """Return the URL of the socket for a browser on this machine."""
    host, port = opened.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - a comparison, not a binding
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(settings: Settings, opened: socket.socket) -> None:
    """Serve until the process is asked to stop; requests under way are finished first."""
    with _stopping_signals() as stop:
        async with open_hub(settings, public_url=origin(opened)) as hub:
            _tune_collector()
            log.announce(f"Jackfield listens on {origin(opened)} until it is asked to stop")
            async with background(hub), _served(hub, opened) as server:
                await asyncio.wait({stop, server}, return_when=asyncio.FIRST_COMPLETED)


@contextlib.contextmanager
def _stopping_signals() -> "Generator[asyncio.Future[None]]":
    """
    Yield what is done once the process is asked to stop; asked again, it ends at once.

    From the start on, and not the server's own: that one raises the signal again when it has
    served, which ends the process before the database is closed.
    """
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    signals = (signal.SIGINT, signal.SIGTERM)

    def end() -> None:
        stop.set_result(None)
        for each in signals:
            loop.remove_signal_handler(each)

    for each in signals:
        loop.add_signal_handler(each, end)
    try:
        yield stop
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


@contextlib.asynccontextmanager
async def _served(hub: Hub, opened: socket.socket) -> "AsyncGenerator[asyncio.Task[None]]":
    """Serve while the block runs; requests under way are finished, or cut off after the grace."""
    server = _server(hub)
    task = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        yield task
    finally:
        server.should_exit = True
        await task
        if cut_off := set(server.server_state.tasks):
            await asyncio.wait(cut_off, timeout=_LAST_SECONDS)


def _tune_collector() -> None:
    """
    Collect garbage rarely, and never among objects that live as long as the server.

    Compiled connectors are hundreds of thousands of objects: traversing them was a quarter of the
    time of an action call (`bench/action.py`). The objects of a request are mostly freed by
    reference counting.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, opened: socket.socket, *, catalog: Catalog | None = None
) -> AsyncGenerator[Hub]:
    """Serve while the block runs; `catalog` is used if it is loaded already."""
    async with (
        open_hub(settings, public_url=origin(opened), catalog=catalog) as hub,
        _served(hub, opened),
        background(hub),
    ):
        yield hub


class _Server(uvicorn.Server):
    """The web server, which leaves signals to its caller."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _server(hub: Hub) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            build_app(hub),
            http=BoundedProtocol,
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # The hub does not use the client's address or scheme.
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
