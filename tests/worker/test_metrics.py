"""Metrics are served by every process that works, on an address of their own."""

import asyncio
import io
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import httpx2
import pytest

from jackfield.kit.counters import Counters
from jackfield.settings import ListenRange
from jackfield.worker.background import background
from tests.support.metrics import samples
from tests.support.running import PATIENCE, Running

pytestmark = pytest.mark.anyio

LOOPBACK = "127.0.0.1"


@contextmanager
def taken(port: int = 0) -> Iterator[int]:
    with socket.socket() as opened:
        opened.bind((LOOPBACK, port))
        opened.listen()
        yield opened.getsockname()[1]


def free_range() -> range:
    """Return two ports, one after the other, that nothing listens on."""
    while True:
        try:
            with taken() as first, taken(first + 1):
                return range(first, first + 2)
        except (OSError, OverflowError):
            continue


async def get(port: int, path: str = "/metrics") -> httpx2.Response:
    """Ask as soon as something listens."""
    async with asyncio.timeout(PATIENCE), httpx2.AsyncClient() as client:
        while True:
            try:
                return await client.get(f"http://{LOOPBACK}:{port}{path}")
            except httpx2.ConnectError:
                await asyncio.sleep(0)


async def test_metrics_are_answered_at_their_address_and_nothing_else(hub: Running) -> None:
    (port, _) = ports = free_range()
    counting = replace(hub.hub, counters=Counters(), metrics=ListenRange(LOOPBACK, ports))

    async with background(counting, ()):
        answered, other = await get(port), await get(port, "/accounts")
    public = await hub.api.get("/metrics")

    assert answered.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert samples(answered.text)["process_open_fds{}"] > 0
    assert "jackfield_event_loop_lag_seconds" in answered.text
    assert (other.status_code, public.status_code) == (404, 404)


async def test_clients_that_never_end_their_request_keep_prometheus_from_nothing(
    hub: Running,
) -> None:
    (port, _) = ports = free_range()
    counting = replace(hub.hub, counters=Counters(), metrics=ListenRange(LOOPBACK, ports))

    async with background(counting, ()):
        await get(port)
        hanging = [await asyncio.open_connection(LOOPBACK, port) for _ in range(20)]
        for _, writer in hanging:
            writer.write(b"GET /metrics HTTP/1.1\r\n")
        # Each of them is let go after ten seconds.
        async with asyncio.timeout(5):
            answered = await get(port)
        for _, writer in hanging:
            writer.close()

    assert answered.status_code == 200


async def test_each_process_of_a_machine_takes_the_next_port(hub: Running) -> None:
    ports = free_range()
    counting = replace(hub.hub, counters=Counters(), metrics=ListenRange(LOOPBACK, ports))

    async with background(counting, ()), background(counting, ()):
        answered = [await get(port) for port in ports]

    assert [each.status_code for each in answered] == [200, 200]


async def test_a_process_that_finds_no_port_works_on_and_takes_one_that_becomes_free(
    hub: Running, log_lines: io.StringIO
) -> None:
    port, _ = free_range()
    is_free = asyncio.Event()
    with ExitStack() as others:
        others.enter_context(taken(port))

        async def sleep(_seconds: float) -> None:
            others.close()
            is_free.set()

        counting = replace(
            hub.hub,
            counters=Counters(),
            metrics=ListenRange(LOOPBACK, range(port, port + 1)),
            sleep=sleep,
        )
        async with background(counting, ()):
            await is_free.wait()
            answered = await get(port)

    assert answered.status_code == 200
    assert "metrics_not_served" in log_lines.getvalue()
