"""`jackfield migrate`: bring the database to this version, or move it to another."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import click

from jackfield.cli.output import USAGE, fail, json_option, print_json, reporting, say
from jackfield.cli.progress import rows_read
from jackfield.cli.table_sums import print_sums
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.db.transfer.sums import TableSum

_PLACE: Final = "sqlite|sqlite:///FILE|postgresql|postgresql://…"


@click.command()
@click.option("--from", "source", metavar=_PLACE, help="Move a database from here, …")
@click.option("--to", "target", metavar=_PLACE, help="… to here.")
@click.option("--dry-run", is_flag=True, help="Copy and compare, while the hub runs; keep nothing.")
@json_option
@reporting
def migrate(source: str | None, target: str | None, *, dry_run: bool, as_json: bool) -> None:
    """
    Bring the database to this version of the hub, or move it to another database.

    Without options, it applies the migrations that the database lacks. Safe to run again, and from
    several machines at once: each migration runs once.

    With --from and --to, it copies every row into an empty database at this version, compares both,
    and keeps all of it or nothing. `sqlite` is the file in JACKFIELD_DATA_DIR, and `postgresql` the
    database of JACKFIELD_DATABASE_URL. The hub must be stopped; the keyring is not moved.
    """
    settings = Settings.read()
    if source is None and target is None:
        if dry_run:
            fail("--dry-run is for a move: give --from and --to", status=USAGE)
        asyncio.run(_apply(settings, as_json=as_json))
        return
    if source is None or target is None:
        fail("give both --from and --to", status=USAGE)
    places = _place(source, settings), _place(target, settings)
    if places[0] == places[1]:
        fail("--from and --to are the same database", status=USAGE)
    sums = asyncio.run(_move(*places, settings, is_trial=dry_run))
    if as_json:
        print_json({"moved": not dry_run, "tables": sums})
        return
    print_sums(sums)
    if dry_run:
        say("everything fits; nothing was moved", err=True)
    else:
        say("moved; start the hub with the settings of its new database", err=True)


async def _apply(settings: Settings, *, as_json: bool) -> None:
    from jackfield.installation import open_database  # noqa: PLC0415 - kept out of `--help`

    async with open_database(settings) as db:
        applied = await db.migrate()
    if as_json:
        print_json({"applied": applied})
        return
    for name in applied:
        say(f"applied {name}")
    if not applied:
        say("the database is up to date", err=True)


def _place(text: str, settings: Settings) -> Path | str:
    """Return the SQLite file or the URL that an option names."""
    if text == "sqlite":
        return settings.sqlite_file
    if text.startswith("sqlite:"):
        return Path(unquote(urlsplit(text).path))
    url = settings.database_url if text == "postgresql" else text
    if url is None:
        fail("set JACKFIELD_DATABASE_URL, which `postgresql` stands for", status=USAGE)
    if not url.startswith(("postgresql://", "postgres://")):
        fail(f"expected {_PLACE}", status=USAGE)
    return url


async def _move(
    source: Path | str, target: Path | str, settings: Settings, *, is_trial: bool
) -> "list[TableSum]":
    from jackfield.db.transfer import move, sqlite_end  # noqa: PLC0415 - kept out of `--help`
    from jackfield.installation import keyring_store  # noqa: PLC0415
    from jackfield.vault import key_check  # noqa: PLC0415

    location = settings.keyring_location
    async with move.opened(source, alone=not is_trial) as old:
        lost = key_check.lost(keyring_store(settings).read(), await move.key_proofs(old))
        if lost:
            fail(
                f"credentials of this database are sealed with {', '.join(lost)}, which the keyring "
                f"{location!r} does not have; name theirs with JACKFIELD_KEYRING"
            )
        if isinstance(target, Path):
            await sqlite_end.make(target)
        async with move.opened(target, alone=True) as new:
            with rows_read() as on_row:
                return await move.move(old, new, is_trial=is_trial, on_row=on_row)
