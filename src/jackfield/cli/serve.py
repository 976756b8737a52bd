"""`jackfield serve`: the hub."""

import click

from jackfield.cli.output import PORT, reporting
from jackfield.settings import DEFAULT_HOST, DEFAULT_PORT, Settings


@click.command()
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="The address to listen on.")
@click.option("--port", type=PORT, default=DEFAULT_PORT, show_default=True)
@reporting
def serve(host: str, port: int) -> None:
    """
    Serve the API, the Hub and the dashboard.

    On SQLite the database is made and brought to this version by itself; on PostgreSQL run
    `jackfield migrate` first. Stop it with Ctrl-C: requests under way are finished.
    """
    import uvloop  # noqa: PLC0415 - kept out of `--help`

    from jackfield.cli import server  # noqa: PLC0415
    from jackfield.kit import log  # noqa: PLC0415

    settings = Settings.read()
    log.configure(level=settings.log_level)
    opened = server.listen(host, port)
    uvloop.run(server.serve(settings, opened))
