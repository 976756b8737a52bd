"""Web server of the commands `serve` and `demo`."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncGenerator

import click
import uvicorn

from jackfield.app import build_app, open_hub
from jackfield.connectors.catalog import Catalog
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.settings import Settings
from jackfield.worker.background import background

_BACKLOG = 2048
_GRACE_SECONDS = 10
# The thresholds of the three generations; Python's defaults are 700, 10 and 10.
_COLLECT_AFTER = (5_000, 10, 10)


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
    except OSError as error:
        opened.close()
        msg = f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port"
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
    """Serve until the process gets a signal; running requests are finished first."""
    async with open_hub(settings, public_url=origin(opened)) as hub:
        _tune_collector()
        click.echo(f"Jackfield listens on {origin(opened)}", err=True)
        async with background(hub):
            await _server(hub).serve(sockets=[opened])


def _tune_collector() -> None:
    """
    Collect garbage rarely, and never among objects that live as long as the server.

    Compiled connectors are hundreds of thousands of objects: traversing them was a quarter of the
    time of an action call (`bench/action.py`). The objects of a request are mostly freed by
    reference counting.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, opened: socket.socket, *, catalog: Catalog | None = None
) -> AsyncGenerator[Hub]:
    """Serve while the block runs; `catalog` is used if it is loaded already."""
    async with open_hub(settings, public_url=origin(opened), catalog=catalog) as hub:
        server = _server(hub)
        task = asyncio.create_task(server.serve(sockets=[opened]))
        try:
            async with background(hub):
                yield hub
        finally:
            server.should_exit = True
            await task


def _server(hub: Hub) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            build_app(hub),
            http="httptools",
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # The hub does not use the client's address or scheme.
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            h11_max_incomplete_event_size=64 * 1024,
        )
    )
