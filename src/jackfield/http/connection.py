"""The connections of clients: how many there are, and what one may cost before anyone is known.

The server's parser knows no bounds of its own, and all of this is before authentication: whoever
reaches the port could otherwise take the hub's memory, or every connection it can have.
"""

import asyncio
import resource
import sys
from collections.abc import Iterable
from typing import ClassVar, Final, cast

from starlette.responses import Response
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
)

from jackfield.http.errors import error_response
from jackfield.http.whole_messages import offer
from jackfield.kit.clock import system_clock
from jackfield.kit.errors import HubError
from jackfield.kit.ids import RequestId

_MOST_HEAD_BYTES: Final = 64 * 1024
_MOST_HEADERS: Final = 200
_MOST_WAITING_REQUESTS: Final = 16
_HEAD_SECONDS: Final = 10.0
# How long an answer may make no way, because its reader takes nothing.
_STALL_SECONDS: Final = 30.0
_FAREWELL_SECONDS: Final = 2.0
_MOST_CONNECTIONS: Final = 2000


class HeadTooLarge(HubError):
    """The request's address and headers are larger than this hub takes: 64 KB, and 200 headers."""

    code = "head_too_large"
    status = 431


class HeadTooSlow(HubError):
    """The request's headers did not arrive within 10 seconds."""

    code = "head_too_slow"
    status = 408


class TooManyConnections(HubError):
    """This hub has as many requests at work as it takes at once."""

    code = "too_many_connections"
    status = 503
    retryable = True
    retry_after = 1


class _Refused(Exception):
    """The request is not to be parsed any further."""


def most_connections() -> int:
    """Return how many connections there may be: half of the files this process may have open."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if allowed < 0 else min(_MOST_CONNECTIONS, allowed // 2)


class BoundedProtocol(HttpToolsProtocol):
    """HTTP on one connection, with bounds on size, time and number."""

    most_connections: ClassVar[int] = most_connections()
    head_seconds: ClassVar[float] = _HEAD_SECONDS
    stall_seconds: ClassVar[float] = _STALL_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as the base has it
        super().connection_made(transport)
        self._head_bytes = 0
        # Bytes that came since the last that were part of a body.
        self._unclaimed = 0
        self._is_in_head = False
        self._is_refused = False
        self._unsent = sys.maxsize
        self._overdue: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._waits_since = self.loop.time()
        self._expect_more()
        if len(self.connections) > self.most_connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        for each in (self._overdue, self._stalled):
            if each is not None:
                each.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._unclaimed += len(data)
        super().data_received(data)
        if self._unclaimed > _MOST_HEAD_BYTES:
            self._refuse(HeadTooLarge())

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= _MOST_WAITING_REQUESTS:
            raise _Refused
        super().on_message_begin()
        self._head_bytes = self._unclaimed = 0
        self._is_in_head = True
        self._expect_more()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._expect_nothing()
        scope = self.scope
        super().on_headers_complete()
        if self.cycle.scope is scope:
            offer(cast("Scope", scope), self.cycle)

    def on_body(self, body: bytes) -> None:
        self._unclaimed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unclaimed = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # What is idle, what still sends a body that nobody reads, and what does not take its
        # answer are all done for by then.
        self._waits_since = self.loop.time()
        self._expect_more()

    def send_400_response(self, msg: str) -> None:
        if self._head_bytes > _MOST_HEAD_BYTES or len(self.headers or ()) >= _MOST_HEADERS:
            self._refuse(HeadTooLarge())
        else:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unsent = sys.maxsize
        self._stalled = self.loop.call_later(self.stall_seconds, self._end_if_stalled)

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
        super().resume_writing()

    @property
    def is_waiting(self) -> bool:
        """Whether no request is at work on this connection."""
        return self.cycle is None or self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison] - none before the first request

    @property
    def waits_since(self) -> float:
        return self._waits_since

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > _MOST_HEAD_BYTES or len(self.headers) >= _MOST_HEADERS:
            raise _Refused

    def _expect_more(self) -> None:
        self._expect_nothing()
        self._unsent = sys.maxsize
        self._overdue = self.loop.call_later(self.head_seconds, self._end_if_overdue)

    def _expect_nothing(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()

    def _end_if_overdue(self) -> None:
        if not self.is_waiting:
            return
        if self.transport.get_write_buffer_size():
            self._end_if_stalled()
        elif self._is_in_head:
            self._refuse(HeadTooSlow())
        else:
            self.transport.abort()

    def _end_if_stalled(self) -> None:
        """End a connection whose answer is not taken; one that is taken slowly goes on."""
        unsent = self.transport.get_write_buffer_size()
        if unsent >= self._unsent:
            self.transport.abort()
            return
        self._unsent = unsent
        self._stalled = self.loop.call_later(self.stall_seconds, self._end_if_stalled)

    def _make_room(self) -> None:
        """Drop the connection that has said nothing for the longest time, or else this one."""
        connections = cast("Iterable[BoundedProtocol]", self.connections)
        others = [each for each in connections if each is not self and each.is_waiting]
        if others:
            min(others, key=_waiting_since).transport.abort()
        else:
            self._refuse(TooManyConnections())

    def _refuse(self, error: HubError) -> None:
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        if not self.is_waiting:
            # An answer may be half written.
            self.transport.abort()
            return
        now = system_clock()
        request_id = RequestId.new(now)
        response = error_response(error, at=now, request_id=request_id)
        response.headers["x-request-id"] = request_id
        self.transport.write(_written(response))
        # What is under way from the client is still taken for a moment: closing at once would
        # reset the connection, and the client would not see why.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._expect_nothing()
        self._overdue = self.loop.call_later(_FAREWELL_SECONDS, self.transport.abort)


def _waiting_since(connection: BoundedProtocol) -> float:
    return connection.waits_since


def _written(response: Response) -> bytes:
    headers = [b"%s: %s\r\n" % header for header in response.raw_headers]
    head = [STATUS_LINE[response.status_code], *headers, b"connection: close\r\n\r\n"]
    return b"".join([*head, bytes(response.body)])
