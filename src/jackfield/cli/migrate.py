"""`jackfield migrate`: bring the database to this version."""

import asyncio

import click

from jackfield.cli.output import reporting, say
from jackfield.settings import Settings


@click.command()
@reporting
def migrate() -> None:
    """
    Bring the database to this version of the hub.

    Safe to run again, and from several machines at once: each migration runs once.
    """
    from jackfield.app import open_database  # noqa: PLC0415 - kept out of `--help`

    async def apply() -> list[str]:
        async with open_database(Settings.read()) as db:
            return await db.migrate()

    applied = asyncio.run(apply())
    for name in applied:
        say(f"applied {name}")
    if not applied:
        say("the database is up to date", err=True)
