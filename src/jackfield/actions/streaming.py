"""
Streaming of a provider's rows, for exports of any size.

The engine prepares the request as for any run. Its transport then keeps the response open instead
of reading it; an error is read and returned to the engine, which may retry.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Final

from jackfield.accounts.credentials import Credentials
from jackfield.accounts.learned_secrets import LearnedSecrets
from jackfield.accounts.provider import shown_to
from jackfield.egress.client import Egress, OutboundRequest, Stream
from jackfield.egress.errors import no_connection
from jackfield.engine.connector import CompiledConnector
from jackfield.engine.ports import Request, Response
from jackfield.engine.wire.formats import Format, is_html, refuse_other
from jackfield.kit.errors import ProviderError
from jackfield.kit.redaction import Redactor

_SECONDS: Final = 60
_LARGEST_REFUSAL: Final = 1024 * 1024
_LONGEST_LINE: Final = 8 * 1024 * 1024
# Far more than an export has: against a provider that never ends.
MOST_BYTES: Final = 100 * 10**9
MOST_SECONDS: Final = 12 * 3600
_REFUSED: Final = 300
_TEXT: Final = "text/plain; charset=utf-8"


class ResponseStarted(Exception):
    """The response has begun: the engine's part of the run is over."""


class LineTooLong(ProviderError):
    """A line of the provider's response is longer than 8 MB and cannot be streamed."""

    code = "provider_line_too_long"


class StreamTooLong(ProviderError):
    """A stream has at most 100 GB and 12 hours. Ask for a part of the rows at a time."""

    code = "provider_stream_too_long"


@dataclass(slots=True)
class StreamingTransport:
    """A transport (see `jackfield.engine.ports.Transport`) that leaves a success unread."""

    egress: Egress
    connector: CompiledConnector
    credentials: Credentials
    format: Format
    parts: frozenset[str] = frozenset()
    response: Stream | None = None
    chunks: AsyncGenerator[bytes] | None = None
    learned: LearnedSecrets = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.learned = LearnedSecrets(self.credentials.redactor)

    async def send(self, request: Request) -> Response:
        self.learned.sent(request)
        if self.credentials.is_decoy:
            raise await no_connection(request.url)
        stream = await self.egress.open(
            OutboundRequest(
                request.method,
                request.url,
                headers=request.headers,
                body=request.body,
                seconds=_SECONDS,
                may_visit=lambda url: self.connector.allows(
                    url, self.credentials.values, parts=self.parts
                ),
                certificate=shown_to(request),
            )
        )
        if stream.status < _REFUSED:
            refusal = await self._begin(stream)
            if refusal is not None:
                return refusal
            raise ResponseStarted
        try:
            return self._masked(stream, await stream.read(_LARGEST_REFUSAL))
        finally:
            stream.close()

    async def _begin(self, stream: Stream) -> Response | None:
        """Wait for the first bytes; return the answer if it is something else than rows."""
        chunks = stream.chunks()
        try:
            head = await anext(chunks, b"")
            if head and self._is_doubtful(stream, head):
                async for chunk in chunks:
                    head += chunk
                    if len(head) > _LARGEST_REFUSAL:
                        break
                response = self._masked(stream, head)
                try:
                    refuse_other(response, self.format)
                except ValueError:
                    stream.close()
                    return response
        except BaseException:
            stream.close()
            raise
        self.response, self.chunks = stream, _chain(head, chunks)
        return None

    def _is_doubtful(self, stream: Stream, head: bytes) -> bool:
        if is_html(Response(stream.status, stream.headers, head, stream.url)):
            return True
        return self.format != "ndjson" and head.lstrip().startswith((b"{", b"["))

    def _masked(self, stream: Stream, body: bytes) -> Response:
        masked = self.credentials.redactor.content(body)
        return Response(stream.status, stream.headers, masked, stream.url)


async def _chain(head: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(rest):
        if head:
            yield head
        async for chunk in rest:
            yield chunk


@dataclass(frozen=True, slots=True)
class RowStream:
    """Lines that are streamed. Their connection is closed after the last one."""

    content_type: str
    chunks: AsyncGenerator[bytes]
    stack: AsyncExitStack

    async def close(self) -> None:
        """Close everything, whether the lines were read or not."""
        await self.chunks.aclose()
        await self.stack.aclose()


def row_stream(
    transport: StreamingTransport, redactor: Redactor, stack: AsyncExitStack
) -> RowStream:
    """Stream the lines that have begun, with secrets masked; `stack` is closed at the end."""
    assert transport.response is not None
    assert transport.chunks is not None
    content_type = redactor.text(transport.response.headers.get("content-type", _TEXT))
    return RowStream(content_type, _rows(transport.chunks, redactor, stack), stack)


async def _rows(
    chunks: AsyncGenerator[bytes], redactor: Redactor, stack: AsyncExitStack
) -> AsyncGenerator[bytes]:
    async with stack:
        waiting, size, until = b"", 0, asyncio.get_running_loop().time() + MOST_SECONDS
        async for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES or asyncio.get_running_loop().time() > until:
                raise StreamTooLong
            # Whole lines at a time, as secrets are searched: none is cut in two.
            head, line_break, tail = (waiting + chunk).rpartition(b"\n")
            waiting = tail
            if len(waiting) > _LONGEST_LINE:
                raise LineTooLong
            if line_break:
                yield _masked(head + line_break, redactor)
            # A cancellation, as when the reader is gone, reaches only a task that waits; with a
            # provider that is faster than the hub, this one would never wait.
            await asyncio.sleep(0)
        if waiting:
            yield _masked(waiting, redactor)


def _masked(lines: bytes, redactor: Redactor) -> bytes:
    return redactor.content(lines) if redactor.may_be_in(lines) else lines
