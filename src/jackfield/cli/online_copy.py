"""`jackfield migrate --online`: a hub moves from SQLite to PostgreSQL while it runs."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from jackfield.cli import progress
from jackfield.cli.output import USAGE, fail, print_json, say
from jackfield.cli.required_keys import require_keys
from jackfield.cli.table_sums import print_sums
from jackfield.cli.termination import cleaned_up
from jackfield.db.transfer import online
from jackfield.kit.errors import HubError
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.db.transfer.sums import TableSum

_GO_ON = "nothing is lost; the same command goes on with it, and with --abandon gives it up"


def copy(
    source: Path | str, target: Path | str, settings: Settings, *, cuts_over: bool, as_json: bool
) -> None:
    """Copy, cut over unless that is put off, and print each table with its sum."""
    file, url = _places(source, target)
    with cleaned_up():
        try:
            sums = asyncio.run(_copy(file, url, settings, cuts_over=cuts_over))
        except HubError:
            say(_GO_ON, err=True)
            raise
    if as_json:
        print_json({"moved": cuts_over, "tables": sums})
        return
    if sums:
        print_sums(sums)
    if cuts_over:
        said = "moved; the hub has ended, or will in a moment: start it with its new database"
    else:
        said = (
            "copied and compared; the hub goes on where it is, until this is run for the cut-over"
        )
    say(said, err=True)


def abandon(source: Path | str, target: Path | str, *, as_json: bool) -> None:
    asyncio.run(online.abandon(*_places(source, target)))
    if as_json:
        print_json({"abandoned": True})
    else:
        say("the copy was given up; the new database is empty again", err=True)


async def _copy(file: Path, url: str, settings: Settings, *, cuts_over: bool) -> "list[TableSum]":
    require_keys(settings, online.key_proofs(file))
    with progress.shown() as tell:
        return await online.copy(file, url, cuts_over=cuts_over, tell=tell)


def _places(source: Path | str, target: Path | str) -> tuple[Path, str]:
    if not isinstance(source, Path) or isinstance(target, Path):
        fail("--online goes from sqlite to postgresql; the other way, stop the hub", status=USAGE)
    return source, target
