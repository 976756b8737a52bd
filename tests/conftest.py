import asyncio
import inspect
import io
import os
import secrets
import shutil
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import hypothesis
import pytest
import structlog

from jackfield.db.postgres import PostgresDatabase
from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.tx import Database
from jackfield.kit import log, redaction, request_context
from jackfield.sandbox.iterable.server import Sandbox, serve
from tests.support import collector, limit_stores, postgres, redis
from tests.support.clock import FrozenClock
from tests.support.limit_stores import OpenStore
from tests.support.quick_runs import is_quick, left_out
from tests.support.receiver import Receiver
from tests.support.recorded_changes import RecordedChanges
from tests.support.running import (
    PATIENCE,
    HubWith,
    Running,
    read_own,
    running_hub,
    write_connectors,
)
from tests.support.scripted import scripted
from tests.support.statements import Completeness

# How long something takes is measured by bench/: a busy machine is no fault of what is tested.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
# Nor is an answer that is late on one. The library has this time as the default of an argument.
_usual: httpx2.Timeout = inspect.signature(httpx2.AsyncClient).parameters["timeout"].default
_usual.connect = _usual.read = _usual.write = _usual.pool = PATIENCE


# What tests write is gone with them, so a disk need not have it: waiting for the disk was half of
# a hub's start.
_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder in it that only we can read
_ENOUGH = 4 << 30
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))  # noqa: TID251 - pytest's own

_USUAL = os.environ.get("JACKFIELD_TEST_DATABASES", "sqlite").split(",")  # noqa: TID251


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--images", action="store_true", help="renew the pictures in docs/images; needs pngquant"
    )
    parser.addoption("--kills", type=int, default=3, help="how often the hub is killed under load")
    parser.addoption("--fuzz", type=int, default=0, help="how much hostile input each parser gets")
    parser.addoption("--frameworks", action="store_true", help="try published agent frameworks")
    parser.addoption(
        "--whole", action="store_true", help="run what is slow, and each database, as CI does"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not wanted in this run; begin with what takes longest."""
    if unwanted := left_out(config, items):
        hidden = set(unwanted)
        items[:] = [each for each in items if each not in hidden]
        config.hook.pytest_deselected(items=unwanted)
    # Hubs that are killed and started again wait most of their time: at the end, nothing would be
    # left to do beside them.
    items.sort(key=lambda each: "durability" not in each.path.parts)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is about the database on both of them, and what only needs one on SQLite.

    In a quick run, only what has the database in its hands runs on both, and no hub does.
    """
    quick = is_quick(metafunc.config)
    marks = list(metafunc.definition.iter_markers())
    for name in ("database_url", "hub_database_url"):
        if name not in metafunc.fixturenames:
            continue
        if any(mark.name == "parametrize" and name in mark.args[0] for mark in marks):
            continue
        names = {"database_url", "db"} & set(metafunc.fixturenames)
        is_about = bool(names) or (not quick and any(mark.name == "database" for mark in marks))
        metafunc.parametrize(name, ["sqlite", "postgres"] if is_about else _USUAL, indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Find the tests, all of which are kept, without a search for garbage among them."""
    with collector.paused():
        return (yield)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Completeness(config), "statements")
    config.pluginmanager.register(RecordedChanges(), "recorded_changes")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def nothing_remembered(request: pytest.FixtureRequest) -> None:
    """Begin each test without what another left in context variables."""
    _forget()
    if "anyio_backend" in request.fixturenames:
        request.getfixturevalue("nothing_remembered_by_the_runner")


@pytest.fixture
async def nothing_remembered_by_the_runner() -> None:
    # Asynchronous tests run in one task, which has a context of its own.
    _forget()


def _forget() -> None:
    redaction.learn(redaction.NOTHING)
    request_context.forget()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def postgres_server() -> Generator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Generator[str]:
    with redis.stoppable() as server:
        yield server.url


@pytest.fixture(params=["postgres", "redis"])
def limit_store_url(request: pytest.FixtureRequest) -> Generator[str]:
    """Yield where an empty store of shared limits is, on PostgreSQL and in a Redis."""
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        yield url
        asyncio.run(redis.clear(url))
        return
    yield request.getfixturevalue("own_rows")


@pytest.fixture
async def open_store(limit_store_url: str) -> AsyncGenerator[OpenStore]:
    async with limit_stores.opening(limit_store_url) as opened:
        yield opened


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Generator[str | None]:
    """Yield where the test's own database is: a URL, or nothing for a SQLite file."""
    yield from _made(request, postgres.new_database)


@pytest.fixture(params=["sqlite", "postgres"])
def bare_database_url(request: pytest.FixtureRequest) -> Generator[str | None]:
    """Yield where a database with nothing in it is, or will be: a URL, or nothing for SQLite."""
    yield from _made(request, postgres.bare_database)


def _made(
    request: pytest.FixtureRequest, make: Callable[[str, str], Coroutine[Any, Any, str]]
) -> Generator[str | None]:
    if request.param == "sqlite":
        yield None
        return
    server, name = request.getfixturevalue("postgres_server"), f"test_{secrets.token_hex(8)}"
    yield asyncio.run(make(server, name))
    asyncio.run(postgres.drop_database(server, name))


@pytest.fixture(scope="session")
def shared_database(postgres_server: str) -> Generator[tuple[str, postgres.Emptier]]:
    url = asyncio.run(postgres.new_database(postgres_server, "shared"))
    emptier = postgres.Emptier(url)
    yield url, emptier
    emptier.close()


@pytest.fixture
def own_rows(shared_database: tuple[str, postgres.Emptier]) -> Generator[str]:
    """Return a PostgreSQL database without rows, which is emptied after the test."""
    url, emptier = shared_database
    yield url
    emptier.empty()


@pytest.fixture
def hub_database_url(request: pytest.FixtureRequest) -> Generator[str | None]:
    """Yield where the hub's database is; on PostgreSQL one that is emptied after each test.

    Tests marked `database` have it on both, others on those that JACKFIELD_TEST_DATABASES names.
    """
    if request.param == "sqlite":
        yield None
        return
    yield request.getfixturevalue("own_rows")


@pytest.fixture
async def db(
    hub_database_url: str | None, tmp_path: Path, clock: FrozenClock
) -> AsyncGenerator[Database]:
    """Return an empty database with the hub's schema, once on each driver."""
    async with _opened(hub_database_url, tmp_path, clock) as database:
        yield database


@pytest.fixture
async def own_db(
    database_url: str | None, tmp_path: Path, clock: FrozenClock
) -> AsyncGenerator[Database]:
    """Return a database whose schema, migrations and connections are the test's to spoil."""
    async with _opened(database_url, tmp_path, clock) as database:
        yield database


@asynccontextmanager
async def _opened(url: str | None, folder: Path, clock: FrozenClock) -> AsyncGenerator[Database]:
    if url is not None:
        database: Database = await PostgresDatabase.open(url, clock=clock)
    else:
        database = SqliteDatabase(folder / "test.db", clock=clock)
        await database.migrate()
    yield database
    await database.close()


@pytest.fixture
async def sandbox() -> AsyncGenerator[Sandbox]:
    async with serve() as running:
        yield running


@pytest.fixture
def data_dir(tmp_path: Path, connector_cache: Path) -> Path:
    """Return a data directory in which the connectors have been read before."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "cache").symlink_to(connector_cache)
    return folder


@pytest.fixture
async def hub(
    hub_database_url: str | None, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> AsyncGenerator[Running]:
    """Return a running hub on each database, with an Iterable sandbox behind it."""
    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, database_url=hub_database_url
    ) as running:
        yield running


@pytest.fixture
def hub_with(
    hub_database_url: str | None,
    tmp_path: Path,
    data_dir: Path,
    clock: FrozenClock,
    sandbox: Sandbox,
) -> HubWith:
    """Return how to open a hub with a test's own connectors; it may reach what is on this machine."""

    def opened(
        documents: Mapping[str, str] | None = None, **given: Any
    ) -> AbstractAsyncContextManager[Running]:
        own = documents and write_connectors(tmp_path / "connectors", documents)
        return running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            **{
                "connectors": own,
                "allow_private_networks": True,
                "database_url": hub_database_url,
                **given,
            },
        )

    return opened


@pytest.fixture(scope="session")
def connector_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("connectors")
    read_own(folder)
    return folder


@pytest.fixture(autouse=True)
def log_lines() -> io.StringIO:
    """Return what is logged during the test."""
    stream = io.StringIO()
    log.configure(level="debug", stream=stream)
    return stream


@pytest.fixture
async def open_hub(hub_with: HubWith) -> AsyncGenerator[Running]:
    """Return a running hub that may reach receivers on this machine."""
    async with hub_with() as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    found = Receiver()
    async with scripted(found) as found.server:
        yield found
