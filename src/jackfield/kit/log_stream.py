"""The stream that the log is written to, whose reader may stop reading."""

import contextlib
import os
import select
import socket
import stat
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, TextIO

# Of lines that wait for the reader, before lines are dropped.
MOST_BYTES: Final = 1 << 20
# For what still waits at the end of the process.
_LAST_SECONDS: Final = 1.0
# So much of a pipe is free if it is said to take something.
_PIECE: Final = select.PIPE_BUF


class LogStream:
    """
    Writes lines without ever waiting for who reads them.

    Those that cannot be written wait in memory, up to a bound; then they are dropped, and counted.
    `on_dropped` makes the line that says how many were, once the reader goes on.
    """

    def __init__(self, stream: TextIO, on_dropped: Callable[[int], str]) -> None:
        """Write to what `stream` is open for; see `has_file`."""
        self._send = _sender(stream.fileno())
        self._on_dropped = on_dropped
        # Of this thread as well: an object that ends in the middle of this may log, too.
        self._lock = threading.RLock()
        self._is_at_work = False
        self._waiting = deque[bytes]()
        self._size = 0
        self._dropped = 0

    def write(self, text: str) -> int:
        """Write text, which ends with its line, if there is room for it."""
        line = text.encode(errors="backslashreplace")
        with self._lock:
            self._pass_on()
            if self._size + len(line) > MOST_BYTES:
                self._dropped += 1
            else:
                self._append(line)
                self._pass_on()
        return len(text)

    def flush(self) -> None:
        with self._lock:
            self._pass_on()

    def isatty(self) -> bool:
        return False

    def close(self) -> None:
        """Write what waits, for a moment, at the end of the process."""
        until = time.monotonic() + _LAST_SECONDS
        self.flush()
        while self._waiting and time.monotonic() < until:
            time.sleep(_LAST_SECONDS / 20)
            self.flush()

    def _append(self, line: bytes) -> None:
        self._waiting.append(line)
        self._size += len(line)

    def _pass_on(self) -> None:
        if self._is_at_work:
            return
        self._is_at_work = True
        try:
            self._send_waiting()
        finally:
            self._is_at_work = False

    def _send_waiting(self) -> None:
        while self._waiting:
            sent = self._send(self._waiting[0])
            if not sent:
                return
            self._size -= sent
            rest = self._waiting.popleft()[sent:]
            if rest:
                self._waiting.appendleft(rest)
            if not self._waiting and self._dropped:
                count, self._dropped = self._dropped, 0
                self._append(self._on_dropped(count).encode())


def has_file(stream: TextIO) -> bool:
    """Tell whether a stream is open for a file of the system, and not only for this process."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return stream.fileno() >= 0
    return False


def _sender(number: int) -> Callable[[bytes], int]:
    """Return what writes the beginning of a line, and says how much of it; nothing if it waited."""
    kind = os.fstat(number).st_mode
    if stat.S_ISSOCK(kind):
        # A copy of the number; the socket is the same.
        connection = socket.socket(fileno=os.dup(number))
        return lambda line: _sent(lambda: connection.send(line, socket.MSG_DONTWAIT), line)
    if stat.S_ISFIFO(kind):
        with contextlib.suppress(OSError):
            # Opened anew: whether it waits is of what is opened, which others have as well.
            own = os.open(f"/proc/self/fd/{number}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            return lambda line: _sent(lambda: os.write(own, line), line)
    ready = select.poll()
    ready.register(number, select.POLLOUT)

    def send(line: bytes) -> int:
        return _sent(lambda: os.write(number, line[:_PIECE]) if ready.poll(0) else 0, line)

    return send


def _sent(send: Callable[[], int], line: bytes) -> int:
    try:
        return send()
    except BlockingIOError:
        return 0
    except OSError:
        # Nobody reads it any more, or its disk is full: there is no place to say so.
        return len(line)
