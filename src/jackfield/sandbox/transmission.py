"""Requests off the wire, and answers onto it: whole, in pieces, or not quite."""

import asyncio
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from jackfield.sandbox.replies import Reply, Stream

Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]

# Where the server puts the connection's transport, so that a fault can do it harm.
TRANSPORT: Final = "jackfield.transport"
_WORTH_PACKING: Final = 1024
_GZIP: Final = 16 + zlib.MAX_WBITS
# Linger for zero seconds: closing then resets the connection instead of ending it.
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


async def read_body(receive: Receive) -> bytes | None:
    """Return a request's body, or nothing where the client went away before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def send_answer(answer: Reply | Stream, asked: Mapping[str, str], send: Send) -> None:
    """Send an answer, compressed where the client takes that and it is worth it."""
    packed = "gzip" in asked.get("accept-encoding", "")
    if isinstance(answer, Stream):
        await _send_stream(answer, send, packed=packed)
        return
    body, extra = answer.body, dict(answer.headers)
    if packed and len(body) >= _WORTH_PACKING:
        body, extra["content-encoding"] = b"".join(_pack(iter([body]))), "gzip"
    headers = {"content-type": answer.content_type, "content-length": str(len(body)), **extra}
    await send(_start(answer.status, headers))
    await send({"type": "http.response.body", "body": body})


async def cut_short(
    answer: Reply | Stream, scope: Mapping[str, Any], receive: Receive, send: Send
) -> None:
    """Promise a whole answer, send half of it and hang up."""
    whole = answer.body if isinstance(answer, Reply) else b"".join(answer.chunks)
    status = answer.status if isinstance(answer, Reply) else 200
    length = str(max(len(whole), 2))
    headers = {"content-type": answer.content_type, "content-length": length}
    await send(_start(status, headers))
    half = whole[: len(whole) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    _transport(scope).close()
    await _hung_up(receive)


async def reset(scope: Mapping[str, Any], receive: Receive) -> None:
    """Answer nothing and reset the connection."""
    transport = _transport(scope)
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
    await _hung_up(receive)


async def _send_stream(stream: Stream, send: Send, *, packed: bool) -> None:
    headers = {"content-type": stream.content_type}
    if packed:
        headers["content-encoding"] = "gzip"
    await send(_start(200, headers))
    for chunk in _pack(stream.chunks) if packed else stream.chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        # A fast reader never makes us wait: let others have a turn all the same.
        await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b""})


def _pack(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        packed = packer.compress(chunk)
        if packed:
            yield packed
    yield packer.flush()


def _start(status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "http.response.start",
        "status": int(status),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }


def _transport(scope: Mapping[str, Any]) -> asyncio.Transport:
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        msg = "the connection was broken on purpose"
        raise ConnectionResetError(msg)
    return transport


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
