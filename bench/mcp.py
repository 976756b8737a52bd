"""Twenty MCP clients, forty tool calls a second between them: errors, latency, memory.

`python bench/mcp.py [--seconds 60]`. The hub, an Iterable sandbox and the clients (the official
`mcp` package) share this machine; everything is on loopback, and the load ends by itself.
"""

import argparse
import asyncio
import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

# This file is called like the package it drives.
sys.path[:] = [each for each in sys.path if Path(each).resolve() != Path(__file__).parent]

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from jackfield.client import AsyncHub
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


@contextlib.asynccontextmanager
async def hub() -> AsyncIterator[tuple[str, str, str, int]]:
    """Serve a hub in a process of its own; yield its URL, a key, an account and its process."""
    async with serve_sandbox() as sandbox:
        with tempfile.TemporaryDirectory() as name:
            environment = {
                **os.environ,
                "JACKFIELD_DATA_DIR": name,
                "JACKFIELD_PROVIDER_REWRITE": f"https://api.iterable.com={sandbox.us.url}",
                "JACKFIELD_LOG_LEVEL": "warning",
            }
            jackfield = (sys.executable, "-m", "jackfield")
            made = await asyncio.create_subprocess_exec(
                *jackfield, "keys", "create", "--name", "bench",
                env=environment, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            key = (await made.communicate())[0].decode().split()[-1]
            serving = await asyncio.create_subprocess_exec(
                *jackfield, "serve", "--port", "0",
                env=environment, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                assert serving.stderr is not None
                url = None
                while url is None:
                    said = (await serving.stderr.readline()).decode()
                    assert said, "the hub ended while starting"
                    url = re.search(r"listens on (http://\S+)", said)
                account = await link(url[1], key, sandbox.us.api_keys["server_side"])
                yield url[1], key, account, serving.pid
            finally:
                serving.terminate()
                await serving.wait()


async def link(url: str, key: str, api_key: str) -> str:
    async with AsyncHub(url, key) as client:
        session = await client.create_connect_session(
            origin_owner_id="bench", origin_owner_name="Bench", provider="iterable"
        )
        token = {"x-hub-session-token": session.token}
        offered = await client.request("GET", "/hub/connectors", headers=token)
        body = {
            "integration_id": offered["integrations"][0]["integration_id"],
            "credentials": {"api_key": api_key, "region": "us"},
        }
        return (await client.request("POST", "/hub/accounts", body=body, headers=token))["id"]


def resident_megabytes(pid: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert match is not None
    return int(match[1]) / 1024


async def measure(seconds: float) -> Figures:
    async with hub() as (url, key, account, pid):
        return await load(url, key, account, seconds=seconds, pid=pid)


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
