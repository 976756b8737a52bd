"""`jackfield serve`: the hub."""

import asyncio
import contextlib
import gc
import socket
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING

import click

from jackfield.cli.output import PORT, reporting
from jackfield.settings import DEFAULT_HOST, DEFAULT_PORT, Settings

if TYPE_CHECKING:
    from jackfield.connectors.loading.reader_process import ReaderProcess

MOST_WORKERS = 64


@click.command()
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=PORT, default=DEFAULT_PORT, show_default=True, help="The port to listen on."
)
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    default=1,
    show_default=True,
    help="How many processes serve; SIGHUP replaces one after the other.",
)
# Of a worker: what the supervisor has opened for it.
@click.option("--inherited", type=int, nargs=5, hidden=True)
@reporting
def serve(
    host: str, port: int, workers: int, inherited: tuple[int, int, int, int, int] | None
) -> None:
    """
    Serve the API, the Hub and the dashboard.

    On SQLite the database is made and brought to this version by itself; on PostgreSQL run
    `jackfield migrate` first. Stop it with Ctrl-C: requests under way are finished.
    """
    from jackfield.cli.privacy import keep_private  # noqa: PLC0415 - kept out of `--help`
    from jackfield.kit import log  # noqa: PLC0415 - as above

    settings = Settings.read()
    log.configure(level=settings.log_level)
    keep_private(settings)
    if workers > 1:
        sys.exit(_supervise(settings, host, port, workers))
    from jackfield.connectors.loading.cache import Cache, cache_folder  # noqa: PLC0415
    from jackfield.connectors.loading.reader_process import ReaderProcess  # noqa: PLC0415

    with ReaderProcess() as reader:
        reader.begin(Cache(cache_folder(settings.data_dir)))
        if inherited is None:
            _serve(settings, reader, host, port)
        else:
            _serve_supervised(settings, reader, inherited)


def _serve(settings: Settings, reader: "ReaderProcess", host: str, port: int) -> None:
    with importing():
        import uvloop  # noqa: PLC0415 - as above, and out of the supervisor

        from jackfield.cli import server, sockets  # noqa: PLC0415
    with sockets.listen(host, port) as opened:
        uvloop.run(server.serve(settings, opened, reader))


def _serve_supervised(
    settings: Settings, reader: "ReaderProcess", inherited: tuple[int, int, int, int, int]
) -> None:
    with importing():
        import uvloop  # noqa: PLC0415 - as above

        from jackfield.cli import server  # noqa: PLC0415
        from jackfield.kit.shared_buckets import SharedBuckets  # noqa: PLC0415
    listening, link, buckets, workers, number = inherited
    shared = SharedBuckets(buckets, workers=workers, number=number)
    with socket.socket(fileno=listening) as opened, socket.socket(fileno=link) as supervisor:
        uvloop.run(server.serve_supervised(settings, opened, supervisor, shared, reader))


@contextlib.contextmanager
def importing() -> Generator[None]:
    """
    Pause the cycle collector while the block imports what stays as long as the process.

    It would walk through that time and again, and find nothing: a tenth of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _supervise(settings: Settings, host: str, port: int, workers: int) -> int:
    from jackfield.cli.supervisor import Supervisor  # noqa: PLC0415 - as above
    from jackfield.db.copy_state import require_here  # noqa: PLC0415 - as above

    def check() -> None:
        if settings.database_url is None:
            require_here(settings.sqlite_file)

    async def supervise() -> int:
        return await Supervisor(host, port, workers, check=check).run()

    return asyncio.run(supervise())
