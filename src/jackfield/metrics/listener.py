"""
The listener that answers `/metrics`, apart from the public port.

It speaks just enough HTTP for that, so that a worker needs no web server.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import structlog

from jackfield.kit.counters import Counters
from jackfield.metrics.event_loop import observe_lag
from jackfield.metrics.exposition import Exposition
from jackfield.runtime import Hub
from jackfield.settings import ListenRange

_MOST_HEAD_BYTES: Final = 16 * 1024
_SECONDS: Final = 10.0
_MOST_AT_ONCE: Final = 16
_PAUSE_SECONDS: Final = 5.0
_READS: Final = frozenset({b"GET", b"HEAD"})

_log = structlog.get_logger()

_Answer: TypeAlias = Callable[[StreamReader, StreamWriter], Awaitable[None]]


async def serve(hub: Hub, counters: Counters, listen: ListenRange) -> None:
    """Answer until cancelled, on the first port of the range that is free."""
    exposition = Exposition(hub, counters)
    room = asyncio.Semaphore(_MOST_AT_ONCE)

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                # Not sooner: a client that never ends its request would keep others waiting.
                async with room:
                    response = await _response(exposition, head)
                writer.write(response)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # The client has gone, or does not speak HTTP.
        finally:
            writer.close()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(observe_lag(counters.loop_lag))
        while (server := await _start(answer, listen)) is None:
            await hub.sleep(_PAUSE_SECONDS)
        async with server:
            await server.serve_forever()


async def _start(answer: _Answer, listen: ListenRange) -> asyncio.Server | None:
    """Listen on a free port; `None` if there is none, such as while a process is replaced."""
    detail = ""
    for port in listen.ports:
        try:
            return await asyncio.start_server(answer, listen.host, port, limit=_MOST_HEAD_BYTES)
        except OSError as error:
            detail = str(error)
    _log.warning("metrics_not_served", detail=detail)
    return None


async def _response(exposition: Exposition, head: bytes) -> bytes:
    method, _, rest = head.partition(b" ")
    path = rest.partition(b" ")[0].partition(b"?")[0]
    if path != b"/metrics":
        return _written(b"404 Not Found", b"metrics are at /metrics\n")
    if method not in _READS:
        return _written(b"405 Method Not Allowed", b"", b"allow: GET, HEAD\r\n")
    written = _written(b"200 OK", await exposition.text())
    return written if method == b"GET" else written.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def _written(status: bytes, body: bytes, headers: bytes = b"") -> bytes:
    return (
        b"HTTP/1.1 %s\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"
        b"content-length: %d\r\nconnection: close\r\n%s\r\n%s"
    ) % (status, len(body), headers, body)
