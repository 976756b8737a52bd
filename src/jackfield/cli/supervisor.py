"""The supervisor of `jackfield serve --workers`: several processes that serve one port.

It serves nothing itself, and each worker is the same as any other. Each inherits a socket of its
own, over which the kernel spreads connections. The supervisor keeps it open: when its worker has
ended, those that wait there are passed to the others until the next one is ready. SIGHUP replaces one
worker after the other, each by a process that is ready before the old one takes no more connections.
"""

import asyncio
import contextlib
import random
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Final, Self

import structlog

from jackfield.cli.sockets import free_port, listen, origin
from jackfield.cli.worker_link import WorkerLink
from jackfield.kit import log
from jackfield.kit.errors import HubError
from jackfield.kit.shared_buckets import SharedBuckets

# Longer than a worker takes to finish requests, to close, and to say what was cut off.
_STOP_SECONDS: Final = 18.0
# Longer than a worker that is replaced waits for its last requests, and then takes to stop.
_RETIRE_SECONDS: Final = 100.0
_LONGEST_PAUSE: Final = 30.0
_PASSING_PAUSE: Final = 0.05
_FORK_PAUSE: Final = 1.0
# A worker that has lived so long was no failure to start.
_STEADY_SECONDS: Final = 60.0

_log = structlog.get_logger()


class Supervisor:
    """Keeps `count` workers at work on a port."""

    def __init__(
        self, host: str, port: int, count: int, *, check: Callable[[], None] = lambda: None
    ) -> None:
        """
        Choose the port; 0 means any free one.

        `check` is called when a worker has ended; what it raises of the hub's errors is why no
        other one could start, and ends them all.

        Raises:
            PortInUse: the port cannot be had.
        """
        port = free_port(host, port)
        self._places = [_Place(self, check, host, port) for _ in range(count)]
        self._workers: set[_Worker] = set()
        # Twice as many: one that is replaced is at work until its last request has ended.
        self._shared = SharedBuckets.create(2 * count)
        self._stop = asyncio.Event()
        self._replace = asyncio.Event()

    async def run(self) -> int:
        """Serve until the process is asked to stop; return its exit status."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self._ask_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._replace.set)
        asked = asyncio.create_task(self._stop.wait())
        work = asyncio.create_task(self._work())
        await asyncio.wait({asked, work}, return_when=asyncio.FIRST_COMPLETED)
        has_failed = work.done()
        for task in (asked, work):
            task.cancel()
        await asyncio.gather(asked, work, return_exceptions=True)
        for each in self._places:
            each.close()
        for each in self._workers:
            each.send(signal.SIGTERM)
        await asyncio.gather(*(each.end(_STOP_SECONDS) for each in self._workers))
        return work.result() if has_failed else 0

    def _ask_to_stop(self) -> None:
        if self._stop.is_set():
            for each in self._workers:
                each.send(signal.SIGKILL)
        self._stop.set()

    async def _work(self) -> int:
        """Keep the workers at work; return an exit status if not even the first one starts."""
        # Alone: it makes what a new installation needs, and says why if it cannot.
        first, *others = self._places
        first.open()
        worker = await first.fill()
        if not await worker.link.is_ready():
            status = await worker.end()
            return status if status > 0 else 1
        for each in others:
            each.open()
        workers = await asyncio.gather(*(each.fill() for each in others))
        await asyncio.gather(*(each.link.is_ready() for each in workers))
        log.announce(f"Jackfield listens on {first.url} until it is asked to stop")
        try:
            async with asyncio.TaskGroup() as group:
                for place in self._places:
                    group.create_task(place.keep())
                while True:
                    await self._replace.wait()
                    self._replace.clear()
                    await self._replace_all()
        except* HubError as errors:
            for error in errors.exceptions:
                _log.error("workers_ended", detail=str(error))
        return 1

    async def _replace_all(self) -> None:
        for place in self._places:
            if not await place.replace():
                _log.error(
                    "workers_not_replaced",
                    detail="a new one did not start, or ended before it was ready",
                )
                return
        _log.info("workers_replaced", count=len(self._places))

    async def start(self, opened: socket.socket) -> "_Worker":
        self._workers = {each for each in self._workers if each.process.returncode is None}
        taken = {each.number for each in self._workers}
        number = next(each for each in range(self._shared.workers) if each not in taken)
        worker = await _Worker.start(opened, self._shared, number)
        self._workers.add(worker)
        return worker

    def takers(self) -> "list[_Worker]":
        """Return the workers that take connections, in no order."""
        takers = [each for each in self._workers if each.link.is_taking]
        return random.sample(takers, len(takers))


class _Place:
    """A socket and its worker: when that has ended, another one is started."""

    def __init__(self, crew: Supervisor, check: Callable[[], None], host: str, port: int) -> None:
        self._crew = crew
        self._check = check
        self._address = host, port
        self.opened: socket.socket
        self._turn = asyncio.Lock()
        self._failures = 0
        self._worker: _Worker

    @property
    def url(self) -> str:
        return origin(self.opened)

    def open(self) -> None:
        """Open the socket: connections wait on it until there is a worker."""
        self.opened = listen(*self._address, is_shared=True)
        self.opened.setblocking(False)

    def close(self) -> None:
        with contextlib.suppress(AttributeError):
            self.opened.close()

    async def fill(self) -> "_Worker":
        self._worker = await self._crew.start(self.opened)
        return self._worker

    async def _fill_at_last(self) -> None:
        """Start a worker, however long the system has no memory or process for it."""
        while True:
            try:
                await self.fill()
            except OSError as error:
                _log.error("worker_not_started", detail=error.strerror)
                await asyncio.sleep(_FORK_PAUSE)
            else:
                return

    async def keep(self) -> None:
        while True:
            worker, since = self._worker, time.monotonic()
            status = await worker.end()
            async with self._turn:
                if self._worker is worker:
                    self._check()
                    pause = self._pause(time.monotonic() - since)
                    with self.passing_on(refuses=pause > 0):
                        _log.error("worker_ended", process=worker.process.pid, status=status)
                        await asyncio.sleep(pause)
                    if self.opened.fileno() < 0:
                        self.open()
                    with self.passing_on():
                        await self._fill_at_last()
                        await self._worker.link.is_ready()

    @contextlib.contextmanager
    def passing_on(self, *, refuses: bool = False) -> Generator[None]:
        """
        Pass connections that arrive here to other workers while the block runs.

        Where there is none, they wait for the next worker here, or are refused. They wait as well
        while the others have not come to those before, and where none can be accepted.
        """
        loop, number = asyncio.get_running_loop(), self.opened.fileno()
        pause: asyncio.TimerHandle | None = None

        def pass_on() -> None:
            nonlocal pause
            takers = self._crew.takers()
            if takers and self._pass_one(takers):
                return
            loop.remove_reader(number)
            if takers:
                # To be told again at once would be told without end.
                pause = loop.call_later(_PASSING_PAUSE, loop.add_reader, number, pass_on)
            elif refuses:
                self.opened.close()

        if self._crew.takers():
            loop.add_reader(number, pass_on)
        elif refuses:
            self.opened.close()
        try:
            yield
        finally:
            if pause is not None:
                pause.cancel()
            # Once it is closed, another file may have the number, and a reader of its own.
            if self.opened.fileno() == number:
                loop.remove_reader(number)

    def _pass_one(self, takers: "Iterable[_Worker]") -> bool:
        """Pass the next connection on, if there is one; return false if it has to wait."""
        with_room = [each.link for each in takers if each.link.has_room]
        if not with_room:
            return False
        try:
            connection, _ = self.opened.accept()
        except (BlockingIOError, ConnectionError):
            # Another process has taken it, or the client given up.
            return True
        except OSError:
            # No more files can be open.
            return False
        with connection:
            any(link.give(connection) for link in with_room)
        return True

    async def replace(self) -> bool:
        """Replace the worker once another one is ready; return false if that ends before."""
        async with self._turn:
            try:
                worker = await self._crew.start(self.opened)
            except OSError:
                return False
            if not await worker.link.is_ready():
                return False
            old, self._worker = self._worker, worker
        old.retire()
        await old.end(_RETIRE_SECONDS)
        return True

    def _pause(self, lived: float) -> float:
        """Return the seconds until the next: longer, the more ended soon; the first has none."""
        self._failures = self._failures + 1 if lived < _STEADY_SECONDS else 0
        return 0 if self._failures <= 1 else min(2.0 ** (self._failures - 2), _LONGEST_PAUSE)


@dataclass(frozen=True, slots=True, eq=False)
class _Worker:
    """A process that serves, and the link to it."""

    process: Process
    link: WorkerLink
    shared: SharedBuckets
    number: int

    @classmethod
    async def start(cls, opened: socket.socket, shared: SharedBuckets, number: int) -> Self:
        ours, theirs = socket.socketpair()
        inherited = (opened.fileno(), theirs.fileno(), shared.file)
        with contextlib.ExitStack() as unless_started, theirs:
            unless_started.enter_context(ours)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "jackfield", "serve"),
                *("--inherited", *map(str, (*inherited, shared.workers, number))),
                pass_fds=inherited,
                # Ctrl-C is for the supervisor, which says it to them once.
                start_new_session=True,
            )
            unless_started.pop_all()
        return cls(process, WorkerLink(ours), shared, number)

    def retire(self) -> None:
        """Ask it to take no more connections, and to end when those it has are done."""
        self.link.close()

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def end(self, seconds: float | None = None) -> int:
        """Wait until it has ended, which it does at once after so many seconds; return the status."""
        try:
            async with asyncio.timeout(seconds):
                status = await self.process.wait()
        except TimeoutError:
            _log.error("worker_killed", process=self.process.pid)
            self.send(signal.SIGKILL)
            status = await self.process.wait()
        self.link.close()
        self.shared.forget(self.number)
        return status
