"""A PgBouncer between the hub and PostgreSQL, which gives each transaction a session."""

import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from tests.support import postgres

_SETTINGS = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {sessions}
"""


@asynccontextmanager
async def pooled(url: str, *, sessions: int) -> AsyncGenerator[str]:
    """Put a pooler with so many sessions before a database; yield the URL that leads through it."""
    address, port = urlsplit(url), postgres.free_port()
    folder = Path(tempfile.mkdtemp(prefix="jackfield-pooler-"))
    said = _SETTINGS.format(server=address.port, port=port, folder=folder, sessions=sessions)
    (folder / "settings").write_text(said, "utf-8")
    (folder / "users").write_text(f'"{address.username}" ""\n', "utf-8")
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
    assert program is not None, "pgbouncer is not installed; script/test installs it"
    process = subprocess.Popen(  # noqa: ASYNC220 - it is not waited for
        [program, "-q", str(folder / "settings")],
        stderr=subprocess.DEVNULL,
        **postgres.unprivileged(folder),
    )
    through = address._replace(netloc=f"{address.username}@127.0.0.1:{port}").geturl()
    try:
        await _reached(through, process)
        yield through
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


async def _reached(url: str, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        with suppress(OSError):
            connection = await asyncpg.connect(url)
            await connection.close()
            return
    raise AssertionError
