"""A PostgreSQL of the tests' own: on loopback, in a temporary folder, as a user that is not root."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from jackfield.db.postgres import PostgresDatabase

_SUPERUSER = "jackfield"
_PORTS_TRIED = 5
_PATIENCE = 60
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB")


@dataclass(slots=True)
class Server:
    """A server that can be stopped, and started again at the same address."""

    folder: Path
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgresql://{_SUPERUSER}@127.0.0.1:{self.port}"

    def start(self, *, port: int | None = None) -> None:
        """Start it, where it was before or on a port that is free."""
        for _ in range(_PORTS_TRIED):
            self.port = port or free_port()
            data = self.folder / "data"
            options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
            options += [part for option in _FAST for part in ("-c", option)]
            with (self.folder / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    [binary("postgres"), "-D", data, *options],
                    stdout=log,
                    stderr=log,
                    **unprivileged(self.folder),
                )
            # Another program may have taken the port in the meantime.
            if asyncio.run(_answers(self.url, self.process, data)):
                return
        raise AssertionError((self.folder / "log").read_text(encoding="utf-8", errors="replace"))

    def stop(self) -> None:
        """Stop it, without waiting for those who are connected."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(_PATIENCE)
            self.process = None


@contextmanager
def stoppable() -> Generator[Server]:
    """Start a server with a database in it that has the hub's schema."""
    server = Server(Path(tempfile.mkdtemp(prefix="jackfield-pg-")))
    options = ["-D", server.folder / "data", "-U", _SUPERUSER, "-A", "trust", "--no-sync"]
    subprocess.run(
        [binary("initdb"), *options, "-E", "UTF8"],
        check=True,
        capture_output=True,
        **unprivileged(server.folder),
    )
    try:
        server.start()
        asyncio.run(_prepare(server.url))
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


@contextmanager
def running() -> Generator[str]:
    """Start a server as `stoppable` does, and yield its URL."""
    with stoppable() as server:
        yield server.url


def unprivileged(folder: Path) -> dict[str, Any]:
    """Return how a process is started in `folder`, which becomes its user's if ours is root."""
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    given: dict[str, Any] = {"cwd": folder, "env": environment}
    user = _unprivileged_user()
    if user is not None:
        shutil.chown(folder, user.pw_uid, user.pw_gid)
        given |= {"user": user.pw_uid, "group": user.pw_gid}
    return given


async def new_database(url: str, name: str) -> str:
    """Make a database with the hub's schema, and return its URL."""
    admin = await asyncpg.connect(f"{url}/postgres")
    await admin.execute(f"create database {name} template jackfield_template")
    await admin.close()
    return f"{url}/{name}"


async def bare_database(url: str, name: str) -> str:
    """Make a database with nothing in it, and return its URL."""
    admin = await asyncpg.connect(f"{url}/postgres")
    await admin.execute(f"create database {name}")
    await admin.close()
    return f"{url}/{name}"


async def drop_database(url: str, name: str) -> None:
    admin = await asyncpg.connect(f"{url}/postgres")
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


class Emptier:
    """Takes every row out of a database, but for what it remembers of its migrations.

    Over one connection: to make one costs the server as much as the rows of a test do. Its methods
    are called from outside of any event loop.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._runner = asyncio.Runner()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._tables: list[str] = []
        self._kept = ""
        EMPTIERS[url] = self

    def empty(self) -> None:
        self._runner.run(self._empty())

    def keep(self) -> None:
        """Keep the rows that are there now."""
        self._runner.run(self._keep())

    def refill(self) -> None:
        """Put back the rows that were kept."""
        self._runner.run(self._refill())

    def has_rows(self, table: str) -> bool:
        return self._runner.run(self._has_rows(table))

    def close(self) -> None:
        del EMPTIERS[self._url]
        self._runner.run(self._disconnect())
        self._runner.close()

    async def _empty(self) -> None:
        connection = await self._connected()
        # Truncating takes ten times as long: it makes each table new files.
        await connection.execute("".join(f"delete from {table};" for table in self._tables))

    async def _keep(self) -> None:
        connection = await self._connected()
        inserts = [
            await connection.fetchval(
                f"select format('insert into {table} select * from"
                f" json_populate_recordset(null::{table}, %L);', json_agg(each)) from {table} each"
                " having count(*) > 0"
            )
            for table in self._tables
        ]
        self._kept = "".join(filter(None, inserts))

    async def _refill(self) -> None:
        await (await self._connected()).execute(self._kept)

    async def _has_rows(self, table: str) -> bool:
        connection = await self._connected()
        return await connection.fetchval(f"select exists (select from {table})")

    async def _connected(self) -> "asyncpg.Connection[asyncpg.Record]":
        # A test may have ended every connection of the database, this one as well.
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if self._connection is not None:
                await self._connection.execute("select")
                return self._connection
        await self._disconnect()
        self._connection = await asyncpg.connect(self._url)
        # Rows come and go in any order.
        await self._connection.execute("set session_replication_role = replica")
        tables = await self._connection.fetch(
            "select tablename from pg_tables"
            " where schemaname = 'public' and tablename <> 'migrations'"
        )
        self._tables = [row["tablename"] for row in tables]
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close()


# Of the databases that tests share one after the other, by their URLs.
EMPTIERS: dict[str, Emptier] = {}


async def _answers(url: str, server: "subprocess.Popen[bytes]", data: Path) -> bool:
    """Wait until the server answers, or has ended."""
    while server.poll() is None:
        with suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(f"{url}/postgres")
            # Another test process may have made one of its own there first.
            folder = await connection.fetchval("show data_directory")
            await connection.close()
            return folder == str(data)
        await asyncio.sleep(0.05)
    return False


async def _prepare(url: str) -> None:
    admin = await asyncpg.connect(f"{url}/postgres")
    await admin.execute("create database jackfield_template")
    await admin.close()
    db = await PostgresDatabase.open(f"{url}/jackfield_template")
    await db.migrate()
    await db.close()


def _unprivileged_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError


def binary(name: str) -> str:
    found = shutil.which(name) or next(
        (
            str(path)
            for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
        ),
        None,
    )
    assert found is not None, f"{name} is not installed; script/test installs it"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
