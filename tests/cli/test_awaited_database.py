"""A hub and a worker that start before their PostgreSQL does."""

import asyncio
import secrets
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support import postgres
from tests.support.awaited import COMMANDS, answers, said, started
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.database]


@pytest.fixture(scope="module")
def server() -> Generator[postgres.Server]:
    with postgres.stoppable() as found:
        yield found


@pytest.fixture
async def away(server: postgres.Server) -> str:
    """Return the URL of a new database whose server is stopped."""
    if server.process is None:
        await asyncio.to_thread(server.start, port=server.port)
    url = await postgres.new_database(server.url, f"test_{secrets.token_hex(8)}")
    await asyncio.to_thread(server.stop)
    return url


@pytest.mark.parametrize("workers", ["1", "3"])
async def test_a_hub_is_alive_and_not_ready_until_its_database_takes_connections(
    away: str, server: postgres.Server, data_dir: Path, workers: str
) -> None:
    port = str(postgres.free_port())
    url = f"http://127.0.0.1:{port}"
    words = ("serve", "--port", port, "--workers", workers)
    async with started(data_dir, *words, DATABASE_URL=away) as process:
        line = await said(process, "database_awaited")
        alive = await answers(url, "/healthz")
        waiting = await answers(url, "/readyz") | await answers(url, "/accounts")

        await asyncio.to_thread(server.start, port=server.port)
        await said(process, "listens on")
        ready = await answers(url, "/readyz")

    assert '"seconds_left":60' in line
    assert "cannot connect" in line
    assert (alive, waiting, ready) == ({(200, None)}, {(503, "2")}, {(200, None)})


async def test_a_worker_begins_once_its_database_takes_connections(
    away: str, server: postgres.Server, data_dir: Path, jackfield: Command
) -> None:
    await asyncio.to_thread(server.start, port=server.port)
    await jackfield("keys", "create", "--name", "x", DATABASE_URL=away)
    await asyncio.to_thread(server.stop)
    async with started(data_dir, "worker", DATABASE_URL=away) as process:
        await said(process, "database_awaited")
        await asyncio.to_thread(server.start, port=server.port)
        await said(process, "working in the background")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_a_process_that_waited_in_vain_says_so_once_and_fails(
    away: str, jackfield: Command, words: tuple[str, ...]
) -> None:
    found = await jackfield(*words, DATABASE_URL=away, DATABASE_WAIT="1", LOG_LEVEL="error")

    assert found.status == 1
    assert len(found.err.strip().splitlines()) == 1
    assert "cannot connect to the PostgreSQL database" in found.err
    assert "waited 1 seconds for it (JACKFIELD_DATABASE_WAIT)" in found.err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_a_database_that_waiting_does_not_make_ends_a_process_at_once(
    server: postgres.Server, jackfield: Command, words: tuple[str, ...]
) -> None:
    if server.process is None:
        await asyncio.to_thread(server.start, port=server.port)

    found = await jackfield(*words, DATABASE_URL=f"{server.url}/missing", DATABASE_WAIT="999999")

    assert found.status == 1
    assert 'database "missing" does not exist' in found.err
    assert "database_awaited" not in found.err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_a_process_that_waits_ends_when_it_is_asked_to(
    away: str, data_dir: Path, words: tuple[str, ...]
) -> None:
    async with started(data_dir, *words, DATABASE_URL=away) as process:
        await said(process, "database_awaited")
        process.send_signal(signal.SIGTERM)
        status = await asyncio.wait_for(process.wait(), PATIENCE)

    assert status == 0
