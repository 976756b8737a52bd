"""Web server of the commands `serve` and `demo`."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.flow_control import CLOSE_HEADER

from jackfield.app import open_hub
from jackfield.asgi import build_app
from jackfield.cli.awaited_database import database_found
from jackfield.cli.awaited_keyring import keyring_found
from jackfield.cli.cutover import Gate, working
from jackfield.cli.first_start import hand_over_recovery_key, is_first_start
from jackfield.cli.sockets import origin
from jackfield.cli.wait import answering
from jackfield.cli.worker_link import SupervisorLink
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.loading.reader_process import ReaderProcess
from jackfield.db.tx import DatabaseAway
from jackfield.http.connection import BoundedProtocol
from jackfield.kit import log
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.kit.leased_tokens import LeasedTokenBuckets
from jackfield.kit.shared_buckets import SharedBuckets, SharedTokenBuckets
from jackfield.runtime import Hub
from jackfield.settings import Settings
from jackfield.vault.key_services.port import KeyServiceAway
from jackfield.vault.keyring_store import KeyringStore
from jackfield.worker.background import background

_GRACE_SECONDS = 10
# For what was cut off at the end of the grace, to say so in the log of runs.
_LAST_SECONDS = 2
# Longer than a request lives.
_RETIRE_SECONDS = 75
_POLL_SECONDS = 0.1
# New objects, then younger collections, before a collection; Python's own are 700, 10 and 10. One of
# all objects walks through those of a large answer, too, and everything waits for it.
COLLECT_AFTER = (5_000, 5, 60)


async def serve(settings: Settings, opened: socket.socket, reader: ReaderProcess) -> None:
    """
    Serve until the process is asked to stop; requests under way are finished first.

    `reader` reads connectors.
    """
    with _stopping_signals() as stop:
        store = await _all_found(settings, opened, {stop})
        if store is None:
            return
        is_first = await is_first_start(store)
        async with open_hub(settings, public_url=origin(opened), store=store, reader=reader) as hub:
            if is_first:
                await hand_over_recovery_key(hub, store, Actor.command("serve"))
            _tune_collector()
            log.announce(f"Jackfield listens on {origin(opened)} until it is asked to stop")
            gate = Gate()
            async with (
                working(hub, settings, gate) as work,
                _hub_served(hub, opened, gate) as (_, task),
            ):
                await asyncio.wait({stop, task, work}, return_when=asyncio.FIRST_COMPLETED)
                if work.done():
                    work.result()


async def serve_supervised(
    settings: Settings,
    opened: socket.socket,
    link: socket.socket,
    shared: SharedBuckets,
    reader: ReaderProcess,
) -> None:
    """
    Serve as `serve` does, as one of several processes, until `link` is closed as well.

    Once it is closed, this process takes no more connections, and ends when those it has are done.
    """
    supervisor = SupervisorLink(link)
    released = supervisor.released
    with _stopping_signals(may_repeat=True) as stop, supervisor.watched():
        store = await _all_found(settings, opened, {stop, released})
        if store is None:
            return
        async with open_hub(settings, public_url=origin(opened), store=store, reader=reader) as hub:
            hub = _sharing(hub, shared)  # noqa: PLW2901
            _tune_collector()
            gate = Gate()
            async with (
                working(hub, settings, gate) as work,
                _hub_served(hub, opened, gate) as (server, task),
            ):
                await server.is_listening.wait()
                supervisor.say_ready(server.take)
                ends = {stop, task, work, released}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if work.done():
                    work.result()
                if released.done():
                    hub.open_streams.close()
                    retired = asyncio.create_task(server.retire())
                    done = {stop, task, retired}
                    await asyncio.wait(
                        done, timeout=_RETIRE_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
                    retired.cancel()


async def _all_found(
    settings: Settings, opened: socket.socket, ends: "set[asyncio.Future[Any]]"
) -> KeyringStore | None:
    """Wait for the database and the keyring, unless one of `ends` is done before."""
    if not await database_found(settings, _answering(opened, DatabaseAway()), ends):
        return None
    return await keyring_found(settings, _answering(opened, KeyServiceAway()), ends)


@contextlib.asynccontextmanager
async def _answering(opened: socket.socket, error: HubError) -> AsyncGenerator[None]:
    """Serve without what is needed while the block runs; the socket stays open."""
    with opened.dup() as ours:
        async with _served(answering(error), ours):
            yield


def _sharing(hub: Hub, shared: SharedBuckets) -> Hub:
    """Return the hub with limits that hold for all processes that have these buckets."""
    limit = hub.rate_limit
    if isinstance(limit, LeasedTokenBuckets):
        limit = limit.sharing(shared)
    elif limit is not None:
        limit = SharedTokenBuckets(shared, limit.most)
    return replace(hub, limiter=hub.limiter.sharing(shared), rate_limit=limit)


@contextlib.contextmanager
def _stopping_signals(*, may_repeat: bool = False) -> "Generator[asyncio.Future[None]]":
    """
    Yield what is done once the process is asked to stop; asked again, it ends at once.

    With `may_repeat` it does not: a service manager may ask each process, and the supervisor too.

    From the start on, and not the server's own: that one raises the signal again when it has
    served, which ends the process before the database is closed.
    """
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    signals = (signal.SIGINT, signal.SIGTERM)

    def end() -> None:
        if not stop.done():
            stop.set_result(None)
        for each in () if may_repeat else signals:
            loop.remove_signal_handler(each)

    for each in signals:
        loop.add_signal_handler(each, end)
    try:
        yield stop
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


@contextlib.asynccontextmanager
async def _served(
    app: ASGIApp, opened: socket.socket
) -> "AsyncGenerator[tuple[_Server, asyncio.Task[None]]]":
    """Serve while the block runs; requests under way are finished, or cut off after the grace."""
    server = _server(app)
    task = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        yield server, task
    finally:
        server.should_exit = True
        await task
        if cut_off := set(server.server_state.tasks):
            await asyncio.wait(cut_off, timeout=_LAST_SECONDS)


@contextlib.asynccontextmanager
async def _hub_served(
    hub: Hub, opened: socket.socket, gate: Gate | None = None
) -> "AsyncGenerator[tuple[_Server, asyncio.Task[None]]]":
    """Serve a hub while the block runs; its live streams would go on until the end of the grace."""
    app = build_app(hub)
    async with _served(app if gate is None else gate.to(app), opened) as served:
        try:
            yield served
        finally:
            hub.open_streams.close()


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
        _hub_served(hub, opened),
        background(hub),
    ):
        yield hub


class _Server(uvicorn.Server):
    """The web server, which leaves signals to its caller."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()
        self._taking = set[asyncio.Task[Any]]()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_listening.set()

    def take(self, connection: socket.socket) -> None:
        """Serve a connection that another process has accepted."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    def _protocol(self) -> BoundedProtocol:
        return BoundedProtocol(self.config, self.server_state, self.lifespan.state)

    async def retire(self) -> None:
        """
        Take no more connections, and wait for the end of those there are.

        None is closed on a client that may be sending on it: each ends with its next response,
        which says so, or when it has been idle for as long as any may be.
        """
        for each in self.servers:
            each.close()
        self.config.encoded_headers.append(CLOSE_HEADER)
        # Those of now, until the server makes them anew each second.
        self.server_state.default_headers = [*self.server_state.default_headers, CLOSE_HEADER]
        while self._taking or self.server_state.connections:  # noqa: ASYNC110 - the base says no more
            await asyncio.sleep(_POLL_SECONDS)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _server(app: ASGIApp) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
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
