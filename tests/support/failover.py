"""Two PostgreSQL servers of the tests' own: a primary, and a standby that is promoted."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from tests.support import postgres
from tests.support.workers import children

_ATTRIBUTES = "target_session_attrs=read-write"


@dataclass(slots=True)
class Pair:
    """A primary that acknowledges a commit only once the standby has it, and the standby."""

    primary: postgres.Server
    standby: postgres.Server
    is_whole: bool = True

    @property
    def url(self) -> str:
        """Where the hub's database is, on whichever of the two can be written."""
        user = urlsplit(self.primary.url).username
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in (self.primary, self.standby))
        return f"postgresql://{user}@{hosts}/jackfield_template?{_ATTRIBUTES}"

    def kill(self) -> None:
        """Kill the primary, all of its processes at once."""
        self.is_whole = False
        _kill(self.primary)

    def freeze(self) -> None:
        """Let the primary hang: connections are taken, and nothing is answered."""
        self.is_whole = False
        _signal(self.primary, signal.SIGSTOP)

    async def fence(self) -> None:
        """Let the primary go on, but take no writes."""
        self.is_whole = False
        await ask(self.primary, "alter system set default_transaction_read_only = on")
        await ask(self.primary, "select pg_reload_conf()")
        while await ask(self.primary, "show default_transaction_read_only") != "on":
            pass

    async def promote(self) -> None:
        """Make a primary of the standby."""
        assert await ask(self.standby, "select pg_promote(true, 60)")

    async def mend(self) -> None:
        """Make a standby of the former primary, if there is one."""
        if self.is_whole:
            return
        former, self.primary = self.primary, self.standby
        _kill(former)
        shutil.rmtree(former.folder / "data")
        self.standby = former
        await self._join(former.port)
        self.is_whole = True

    async def begin(self) -> None:
        """Start the standby for the first time."""
        await ask(self.primary, "alter database jackfield_template set synchronous_commit = on")
        await self._join(None)

    async def _join(self, port: int | None) -> None:
        """Copy the primary to the standby, and start it at `port` or at any."""
        await ask(self.primary, "alter system reset all")
        await ask(self.primary, "select pg_reload_conf()")
        data = self.standby.folder / "data"
        subprocess.run(  # noqa: ASYNC221 - nothing else goes on
            [
                *(postgres.binary("pg_basebackup"), "-D", data, "-R", "-X", "stream"),
                *("-c", "fast", "--no-sync", "-d", self.primary.url),
            ],
            check=True,
            capture_output=True,
            **postgres.unprivileged(self.standby.folder),
        )
        await asyncio.to_thread(self.standby.start, port=port)
        await ask(self.primary, "alter system set synchronous_standby_names = '*'")
        await ask(self.primary, "select pg_reload_conf()")
        while await ask(self.primary, "select sync_state from pg_stat_replication") != "sync":
            pass


@contextmanager
def servers() -> Generator[Pair]:
    """Make both servers; the standby does not run yet."""
    with postgres.stoppable() as first:
        second = postgres.Server(Path(tempfile.mkdtemp(prefix="jackfield-pg-")))
        try:
            yield Pair(first, second)
        finally:
            _kill(first)
            _kill(second)
            shutil.rmtree(second.folder, ignore_errors=True)


async def ask(server: postgres.Server, sql: str) -> object:
    """Return what a server answers to its operator."""
    connection = await asyncpg.connect(f"{server.url}/postgres")
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def _kill(server: postgres.Server) -> None:
    if server.process is not None:
        _signal(server, signal.SIGKILL)
        server.process.wait()
        server.process = None


def _signal(server: postgres.Server, number: signal.Signals) -> None:
    """Signal all processes of a server."""
    assert server.process is not None
    for each in (server.process.pid, *children(server.process.pid)):
        with suppress(ProcessLookupError):
            os.kill(each, number)
