"""The link between a worker and its supervisor: each learns of the other, and takes connections.

The worker says once that it serves. The supervisor passes connections that another worker did not
come to, and closes its end when the worker is to take no more.
"""

import asyncio
import contextlib
import select
import socket
from collections.abc import Callable, Generator
from typing import Final, TypeAlias

_READY: Final = b"r"
_CONNECTION: Final = b"c"

Take: TypeAlias = Callable[[socket.socket], None]


class SupervisorLink:
    """The worker's end. `released` is done once the supervisor has closed the other."""

    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened
        self._take: Take = socket.socket.close
        self.released: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @contextlib.contextmanager
    def watched(self) -> Generator[None]:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._opened, self._receive)
        try:
            yield
        finally:
            loop.remove_reader(self._opened)

    def say_ready(self, take: Take) -> None:
        """Say that this process serves, and that `take` takes connections from now on."""
        self._take = take
        with contextlib.suppress(ConnectionError):
            self._opened.send(_READY)

    def _receive(self) -> None:
        message, files, _, _ = socket.recv_fds(self._opened, 1, 1)
        for each in files:
            self._take(socket.socket(fileno=each))
        if not message:
            asyncio.get_running_loop().remove_reader(self._opened)
            self.released.set_result(None)


class WorkerLink:
    """The supervisor's end."""

    def __init__(self, opened: socket.socket) -> None:
        opened.setblocking(False)
        self._opened = opened
        self._has_said_ready = False

    @property
    def is_taking(self) -> bool:
        """Whether the worker takes connections: it serves, and has not ended since."""
        if self._has_said_ready:
            try:
                return bool(self._opened.recv(1, socket.MSG_PEEK))
            except BlockingIOError:
                return True
            except OSError:
                pass
        return False

    @property
    def has_room(self) -> bool:
        """Whether a connection can be passed now: the worker has come to those before."""
        writable = select.poll()
        writable.register(self._opened, select.POLLOUT)
        return any(event & select.POLLOUT for _, event in writable.poll(0))

    async def is_ready(self) -> bool:
        """Wait until the worker serves; return false if it has ended instead."""
        with contextlib.suppress(ConnectionError):
            said = await asyncio.get_running_loop().sock_recv(self._opened, len(_READY))
            self._has_said_ready = said == _READY
        return self._has_said_ready

    def give(self, connection: socket.socket) -> bool:
        """Pass a connection to the worker; return false if that cannot be."""
        try:
            socket.send_fds(self._opened, [_CONNECTION], [connection.fileno()])
        except OSError:
            return False
        return True

    def close(self) -> None:
        self._opened.close()
