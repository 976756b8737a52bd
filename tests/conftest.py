import asyncio
import secrets
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jackfield.db.postgres import PostgresDatabase
from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.tx import Database
from tests.support import postgres

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class FrozenClock:
    """Time that passes when the test says so."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def postgres_server() -> Generator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Generator[str | None]:
    """Yield where the test's own database is: a URL, or nothing for a SQLite file."""
    if request.param == "sqlite":
        yield None
        return
    server = request.getfixturevalue("postgres_server")
    name = f"test_{secrets.token_hex(8)}"
    yield asyncio.run(postgres.new_database(server, name))
    asyncio.run(postgres.drop_database(server, name))


@pytest.fixture
async def db(
    database_url: str | None, tmp_path: Path, clock: FrozenClock
) -> AsyncGenerator[Database]:
    """Return an empty database with the hub's schema, once on each driver."""
    if database_url is not None:
        database: Database = await PostgresDatabase.open(database_url, clock=clock)
    else:
        database = SqliteDatabase(tmp_path / "test.db", clock=clock)
        await database.migrate()
    yield database
    await database.close()
