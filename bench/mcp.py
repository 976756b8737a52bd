"""Twenty MCP clients, forty tool calls a second between them: errors, latency, memory.

`python -m bench.mcp [--seconds 60]`. The hub, an Iterable sandbox and the clients (the official
`mcp` package) share this machine; everything is on loopback, and the load ends by itself.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from bench.processes import resident_megabytes
from bench.served_hub import serving
from jackfield.sandbox.iterable.server import serve as serve_sandbox

CLIENTS = 20
PER_SECOND = 40
CALLS = (
    ("iterable_list_channels", {}),
    ("iterable_list_message_types", {}),
    ("iterable_get_user_by_email", {"query": {"email": "avery.abbott@example.com"}}),
)


@dataclass
class Figures:
    errors: int = 0
    seconds: list[float] = field(default_factory=list[float])
    before_mb: float = 0
    after_mb: float = 0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


async def load(url: str, key: str, account: str, *, seconds: float, pid: int) -> Figures:
    """Call tools at an even rate, each client in its turn."""
    figures = Figures()
    async with contextlib.AsyncExitStack() as stack:
        clients = [await _client(stack, url, key, account) for _ in range(CLIENTS)]
        for client in clients:
            await client.list_tools()
        await asyncio.gather(*(_call(client, n, Figures()) for n, client in enumerate(clients)))
        figures.before_mb = resident_megabytes(pid)
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(seconds * PER_SECOND)):
                await asyncio.sleep(max(0, started + number / PER_SECOND - time.perf_counter()))
                group.create_task(_call(clients[number % CLIENTS], number, figures))
        figures.after_mb = resident_megabytes(pid)
    return figures


async def _client(stack: contextlib.AsyncExitStack, url: str, key: str, account: str) -> Client:
    headers = {"authorization": f"Bearer {key}", "x-account-id": account}
    http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers))
    return await stack.enter_async_context(
        Client(streamable_http_client(f"{url}/mcp", http_client=http))
    )


async def _call(client: Client, number: int, figures: Figures) -> None:
    name, arguments = CALLS[number % len(CALLS)]
    started = time.perf_counter()
    try:
        result = await client.call_tool(name, arguments)
        figures.errors += bool(result.is_error)
    except (MCPError, httpx2.HTTPError, OSError):
        figures.errors += 1
    figures.seconds.append(time.perf_counter() - started)


async def measure(seconds: float) -> Figures:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        async with serve_sandbox() as sandbox:
            serve = serving(Path(name), sandbox.us.url, level="warning")
            # In threads: the sandbox answers in this one.
            hub = await asyncio.to_thread(stack.enter_context, serve)
            link = partial(hub.link, api_key=sandbox.us.api_keys["server_side"])
            account = await asyncio.to_thread(link)
            return await load(hub.url, hub.key, account, seconds=seconds, pid=hub.pid)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60)
    figures = asyncio.run(measure(options.parse_args().seconds))
    print(
        f"{len(figures.seconds)} calls by {CLIENTS} clients, {figures.errors} errors; "
        f"p50 {figures.percentile(0.5):.1f} ms, p99 {figures.percentile(0.99):.1f} ms; "
        f"memory {figures.before_mb:.1f} MB before, {figures.after_mb:.1f} MB after"
    )


if __name__ == "__main__":
    main()
