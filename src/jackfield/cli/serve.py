"""`jackfield serve`: the hub."""

import asyncio
import socket
import sys

import click

from jackfield.cli.output import PORT, reporting
from jackfield.settings import DEFAULT_HOST, DEFAULT_PORT, Settings

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
    from jackfield.kit import log  # noqa: PLC0415

    settings = Settings.read()
    log.configure(level=settings.log_level)
    keep_private(settings)
    if workers > 1:
        sys.exit(_supervise(settings, host, port, workers))
    import uvloop  # noqa: PLC0415 - as above, and out of the supervisor

    from jackfield.cli import server, sockets  # noqa: PLC0415
    from jackfield.kit.shared_buckets import SharedBuckets  # noqa: PLC0415

    if inherited is not None:
        listening, link, buckets, workers, number = inherited
        shared = SharedBuckets(buckets, workers=workers, number=number)
        with socket.socket(fileno=listening) as opened, socket.socket(fileno=link) as supervisor:
            uvloop.run(server.serve_supervised(settings, opened, supervisor, shared))
    else:
        with sockets.listen(host, port) as opened:
            uvloop.run(server.serve(settings, opened))


def _supervise(settings: Settings, host: str, port: int, workers: int) -> int:
    from jackfield.cli.supervisor import Supervisor  # noqa: PLC0415 - as above
    from jackfield.db.copy_state import require_here  # noqa: PLC0415 - as above

    def check() -> None:
        if settings.database_url is None:
            require_here(settings.sqlite_file)

    async def supervise() -> int:
        return await Supervisor(host, port, workers, check=check).run()

    return asyncio.run(supervise())
