"""`jackfield migrate`: bring the database to this version, or move it to another."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import click

from jackfield.cli.output import USAGE, fail, json_option, print_json, reporting, say
from jackfield.cli.progress import rows_read
from jackfield.cli.required_keys import require_keys
from jackfield.cli.table_sums import print_sums
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.db.transfer.sums import TableSum

_PLACE: Final = "sqlite|sqlite:///FILE|postgresql|postgresql://…"


@click.command()
@click.option("--from", "source", metavar=_PLACE, help="Move a database from here, …")
@click.option("--to", "target", metavar=_PLACE, help="… to here.")
@click.option("--dry-run", is_flag=True, help="Copy and compare, while the hub runs; keep nothing.")
@click.option("--online", is_flag=True, help="Move from SQLite to PostgreSQL while the hub runs.")
@click.option(
    "--no-cut-over", is_flag=True, help="With --online: copy, but leave the hub where it is."
)
@click.option(
    "--abandon", is_flag=True, help="With --online: give a copy up that has not cut over."
)
@json_option
@reporting
def migrate(
    source: str | None,
    target: str | None,
    *,
    dry_run: bool,
    online: bool,
    no_cut_over: bool,
    abandon: bool,
    as_json: bool,
) -> None:
    """
    Bring the database to this version of the hub, or move it to another database.

    Without options, it applies the migrations that the database lacks. Safe to run again, and from
    several machines at once: each migration runs once.

    With --from and --to, it copies every row into an empty database at this version, compares both,
    and keeps all of it or nothing. `sqlite` is the file in JACKFIELD_DATA_DIR, and `postgresql` the
    database of JACKFIELD_DATABASE_URL. The hub must be stopped; the keyring is not moved.

    With --online the hub goes on meanwhile, and what it writes is followed. At the end it answers
    503 for a few seconds, and then ends, to be started with the new database. What was ended early
    is gone on with by the same command. With --no-cut-over the hub stays where it is, and the same
    command without it moves what has come since.
    """
    settings = Settings.read()
    _require_fitting(source, target, [dry_run, online, no_cut_over, abandon])
    if source is None or target is None:
        asyncio.run(_apply(settings, as_json=as_json))
        return
    places = _place(source, settings), _place(target, settings)
    if places[0] == places[1]:
        fail("--from and --to are the same database", status=USAGE)
    if online:
        from jackfield.cli import online_copy  # noqa: PLC0415 - kept out of `--help`

        if abandon:
            online_copy.abandon(*places, as_json=as_json)
        else:
            online_copy.copy(*places, settings, cuts_over=not no_cut_over, as_json=as_json)
        return
    sums = asyncio.run(_move(*places, settings, is_trial=dry_run))
    if as_json:
        print_json({"moved": not dry_run, "tables": sums})
        return
    print_sums(sums)
    if dry_run:
        say("everything fits; nothing was moved", err=True)
    else:
        say("moved; start the hub with the settings of its new database", err=True)


def _require_fitting(source: str | None, target: str | None, chosen: Sequence[bool]) -> None:
    """End the command if its options do not go together."""
    is_trial, is_online, *of_online = chosen
    if source is None and target is None and any(chosen):
        fail("those options are for a move: give --from and --to", status=USAGE)
    if (source is None) != (target is None):
        fail("give both --from and --to", status=USAGE)
    if any(of_online) and not is_online:
        fail("--no-cut-over and --abandon are for --online", status=USAGE)
    if sum([is_trial, *of_online]) > 1 or (is_trial and is_online):
        fail("choose one of --dry-run, --no-cut-over and --abandon", status=USAGE)


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

    async with move.opened(source, alone=not is_trial) as old:
        require_keys(settings, await move.key_proofs(old))
        if isinstance(target, Path):
            await sqlite_end.make(target)
        async with move.opened(target, alone=True) as new:
            with rows_read() as on_row:
                return await move.move(old, new, is_trial=is_trial, on_row=on_row)
