"""A server on loopback that does what a test tells it to, for behind the real egress client."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

Answer: TypeAlias = Callable[[asyncio.StreamWriter, "Seen"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived: raw, because that is what a test about headers wants."""

    line: str
    headers: dict[str, str]
    body: bytes
    # The name in the certificate that the client showed, if it was to show one.
    client: str | None = None


@dataclass(slots=True)
class ScriptedServer:
    url: str
    seen: list[Seen] = field(default_factory=list[Seen])
    # Take no more connections.
    stop: Callable[[], None] = lambda: None


@asynccontextmanager
async def scripted(
    answer: Answer, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncGenerator[ScriptedServer]:
    """Serve `answer` to every request, one connection each."""
    connections: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            request = replace(await _read(reader), client=_client(writer))
            running.seen.append(request)
            await answer(writer, request)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            connections.discard(task)
            writer.close()

    server = await asyncio.start_server(converse, host, 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    running = ScriptedServer(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    running.stop = server.close
    try:
        yield running
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await server.wait_closed()


def reply(
    body: bytes | str = b"{}", *, status: int = 200, headers: dict[str, str] | None = None
) -> Answer:
    """Answer with these bytes, as JSON unless the headers say otherwise."""
    content = body.encode() if isinstance(body, str) else body
    lines = {"content-type": "application/json", "content-length": str(len(content))}
    lines |= headers or {}

    async def answer(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        writer.write(f"HTTP/1.1 {status} Whatever\r\n".encode())
        writer.write("".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode())
        writer.write(b"connection: close\r\n\r\n" + content)

    return answer


def _client(writer: asyncio.StreamWriter) -> str | None:
    shown = writer.get_extra_info("peercert")
    return dict(pair[0] for pair in shown["subject"])["commonName"] if shown else None


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(head[0], headers, body)
