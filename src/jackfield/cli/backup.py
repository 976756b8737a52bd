"""`jackfield backup`: copy all but the keyring into an encrypted file, or verify such a file."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.cli import backup_keys
from jackfield.cli.new_file import drop_parts, new_file
from jackfield.cli.output import USAGE, fail, json_option, print_json, reporting, say
from jackfield.cli.progress import rows_read
from jackfield.cli.table_sums import print_sums
from jackfield.cli.termination import cleaned_up
from jackfield.kit.actor import Actor
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.backup.container import Keys, Locks, Part
    from jackfield.backup.copy import Contents
    from jackfield.backup.models import Header


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--to", "recipients", metavar="AGE-RECIPIENT", multiple=True,
    help="Encrypt to this public key of age; may be given several times.",
)  # fmt: skip
@backup_keys.passphrase_option
@backup_keys.key_option
@backup_keys.shredding_option
@click.option("--without-logs", is_flag=True, help="Leave out the logs of runs and of requests.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--verify", is_flag=True, help="Read all of FILE instead, and say what is in it.")
@json_option
@reporting
def backup(
    file: Path,
    recipients: tuple[str, ...],
    passphrase_file: Path | None,
    key_file: Path | None,
    shredding_keys: Path | None,
    *,
    without_logs: bool,
    force: bool,
    verify: bool,
    as_json: bool,
) -> None:
    """
    Copy the database into an encrypted FILE, as it is at one moment, while the hub runs.

    All but the keyring is in it: keep a copy of that one elsewhere. It is encrypted to the
    recipients of --to or JACKFIELD_BACKUP_TO, or under a passphrase: the one of --passphrase-file,
    of JACKFIELD_BACKUP_PASSPHRASE (or …_FILE), or one that is asked for on a terminal.

    The shredding keys, of which each account has one, go into a file beside FILE that each backup
    replaces. Keep the newest of it alone: no backup opens the credentials of an account that was
    deleted before.

    With --verify, it changes nothing: it reads FILE and its shredding keys to their end, and
    compares what is in them with the sums that were written with them.
    """
    settings = Settings.read()
    keys_file = backup_keys.shredding_file(file, shredding_keys)
    if verify:
        if recipients or without_logs or force:
            fail(
                "--verify goes with --key-file, --passphrase-file and --shredding-keys alone",
                status=USAGE,
            )
        keys = backup_keys.keys(settings, key_file, passphrase_file)
        _show(_verified(file, keys_file, keys), file, as_json)
        say("everything in it is as it was written", err=True)
        return
    if key_file is not None:
        fail("--key-file is for --verify; give the public key with --to", status=USAGE)
    if file.exists() and not force:
        fail(f"{str(file)!r} is there already; name another file, or add --force")
    locks = backup_keys.locks(settings, recipients, passphrase_file)
    from jackfield.backup import shredding_file  # noqa: PLC0415 - kept out of `--help`

    with cleaned_up(), shredding_file.in_turn(keys_file, lambda: _tell_wait(keys_file)):
        # They may have all keys of their time, and so of accounts that were deleted since.
        drop_parts(keys_file)
        contents = asyncio.run(
            _made(file, keys_file, locks, settings, has_logs=not without_logs, force=force)
        )
    _show(contents, file, as_json)
    if contents.header.shredding_keys:
        say(f"{keys_file}: the shredding keys of all backups; keep no older one of it", err=True)
    say(f"the keyring is not in it; keep a copy of {settings.keyring_location!r}", err=True)


def _tell_wait(keys_file: Path) -> None:
    say(f"another backup replaces {str(keys_file)!r}; this one begins after it", err=True)


async def _made(
    file: Path,
    keys_file: Path,
    locks: "Locks",
    settings: Settings,
    *,
    has_logs: bool,
    force: bool,
) -> "Contents":
    from jackfield.backup import container, copy, shredding_file  # noqa: PLC0415
    from jackfield.cli.backup_records import record_backup  # noqa: PLC0415
    from jackfield.installation import NoInstallation, has_database  # noqa: PLC0415 - kept out of `--help`

    if settings.database_url is None and not has_database(settings):
        raise NoInstallation.at(settings.data_dir)
    place = settings.database_url or settings.sqlite_file

    @contextmanager
    def open_keys(header: "Header") -> Generator[Callable[["Part"], None]]:
        shredding_file.require_replaceable(keys_file, header.installation)
        with (
            new_file(keys_file, force=True) as out,
            shredding_file.writer(out, locks, header) as add,
        ):
            yield add

    with (
        rows_read() as on_row,
        new_file(file, force=force) as out,
        container.writer(out, locks) as add,
    ):
        contents = await copy.write(
            place,
            add,
            has_logs=has_logs,
            on_row=on_row,
            open_keys=open_keys,
            after=shredding_file.number_of(keys_file),
        )
    await record_backup(settings, contents.header, Actor.command("backup"))
    return contents


def _verified(file: Path, keys_file: Path, keys: "Keys") -> "Contents":
    from jackfield.backup import container, shredding_file  # noqa: PLC0415 - kept out of `--help`
    from jackfield.backup.verification import require_version, verify  # noqa: PLC0415

    with (
        backup_keys.opened(file) as content,
        container.reader(content, keys) as (header, parts),
        # Once the passphrase was asked for.
        rows_read() as on_row,
    ):
        require_version(header)
        if header.shredding_keys:
            backup_keys.require_shredding_file(keys_file)
            with shredding_file.reader(keys_file, keys, header) as rows:
                for _ in rows:
                    pass
        return verify(header, parts, on_row)


def _show(contents: "Contents", file: Path, as_json: bool) -> None:
    header = contents.header
    if as_json:
        found = {
            "file": str(file),
            "bytes": file.stat().st_size,
            "made_at": header.made_at,
            "hub": header.hub,
            "database": header.database,
            "has_logs": header.has_logs,
            "keys": header.used_keys,
            "shredding_keys": header.shredding_keys,
            "tables": contents.sums,
        }
        print_json(found)
        return
    print_sums(contents.sums)
    needed = ", ".join(header.used_keys) or "no key"
    say(
        f"{file}: {file.stat().st_size} bytes, made at {header.made_at:%Y-%m-%d %H:%M:%S} UTC by "
        f"version {header.hub} on {header.database}; needs {needed} of the keyring",
        err=True,
    )
