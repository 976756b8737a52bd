"""A response's body and headers as they come in: unpacked, bounded, and in whole characters."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Final, TypeAlias

import aiohttp

from jackfield.egress.unpacker import Unpacker, coding_of, unpack_leniently

_CHUNK: Final = 64 * 1024
_FIRST_REFUSAL: Final = 400


# Is told how many bytes have come.
Count: TypeAlias = Callable[[int], None]


class TooLarge(ValueError):
    """The body is larger than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit: Final = limit


async def read_parts(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    """Yield the body, unpacked, in parts of bounded size."""
    coding = _coding(response)
    if coding is None:
        async for chunk in response.content.iter_chunked(_CHUNK):
            yield chunk
        return
    unpacker = Unpacker(coding)
    async for chunk in response.content.iter_chunked(_CHUNK):
        for piece in unpacker.feed(chunk):
            yield piece
            # One chunk may unpack to megabytes: others have their turn between its pieces.
            await asyncio.sleep(0)
    unpacker.finish()


def _coding(response: aiohttp.ClientResponse) -> str | None:
    return coding_of(response.headers.get("content-encoding", ""))


async def read_body(
    response: aiohttp.ClientResponse, limit: int, count: Count = lambda _: None
) -> bytes:
    coding = _coding(response)
    if coding is None and (response.content_length or limit) < limit:
        # What says its size and is not packed cannot turn out larger.
        count(response.content_length or 0)
        return await response.read()
    if coding is not None and response.status >= _FIRST_REFUSAL:
        # What a refusal says is worth less than that it is one.
        packed = await _collect(response.content.iter_chunked(_CHUNK), limit, count)
        # On a thread: a little that is packed may be a lot to unpack.
        return await asyncio.to_thread(unpack_leniently, packed, coding, limit)
    async with aclosing(read_parts(response)) as parts:
        return await _collect(parts, limit, count)


async def _collect(parts: AsyncIterator[bytes], limit: int, count: Count) -> bytes:
    content = bytearray()
    async for part in parts:
        content += part
        count(len(part))
        if len(content) > limit:
            raise TooLarge(limit)
    return bytes(content)


def read_headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, given in response.headers.items():
        key, value = name.lower(), _readable(given)
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    if _coding(response) is not None:
        # The length before unpacking.
        headers.pop("content-length", None)
    return headers


def _readable(value: str) -> str:
    """Return a header's value without the marks of bytes that are no UTF-8: they are Latin-1."""
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
