"""Processes that wait at their start for what they need."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2

from tests.support.forked import Forked, start
from tests.support.running import PATIENCE
from tests.support.workers import children

COMMANDS = (("serve", "--port", "0"), ("serve", "--port", "0", "--workers", "2"), ("worker",))


@asynccontextmanager
async def started(data_dir: Path, *words: str, **settings: str) -> AsyncGenerator[Forked]:
    process = await start(*words, DATA_DIR=str(data_dir), **settings)
    try:
        yield process
    finally:
        for each in {*children(process.pid), process.pid}:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        await process.communicate()


async def said(process: Forked | Process, words: str) -> str:
    """Return the first line with `words` of what a process says."""
    assert process.stderr is not None
    lines: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while line := (await process.stderr.readline()).decode():
            lines.append(line)
            if words in line:
                return line
    raise AssertionError(lines)


async def answers(url: str, path: str, count: int = 10) -> set[tuple[int, str | None]]:
    """Return the statuses of requests, each on a connection of its own."""
    limits = httpx2.Limits(max_keepalive_connections=0)
    async with httpx2.AsyncClient(base_url=url, limits=limits) as client:
        found = [await client.get(path) for _ in range(count)]
    return {(each.status_code, each.headers.get("retry-after")) for each in found}
