"""`jackfield restore`: fill an empty installation from a backup."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.cli import backup_keys
from jackfield.cli.output import fail, json_option, print_json, reporting, say
from jackfield.cli.progress import rows_read
from jackfield.cli.table_sums import print_sums
from jackfield.cli.termination import cleaned_up
from jackfield.kit.actor import Actor
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.backup.container import Keys
    from jackfield.backup.copy import Contents


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@backup_keys.passphrase_option
@backup_keys.key_option
@json_option
@reporting
def restore(
    file: Path, passphrase_file: Path | None, key_file: Path | None, *, as_json: bool
) -> None:
    """
    Restore a backup FILE into an empty installation, on SQLite or PostgreSQL.

    The keyring of the hub that the backup is of must be in its place first. All of FILE is
    restored, compared with the sums that were written with it and brought to this version, or
    nothing is: then the installation stays empty. See `jackfield backup --help` for the passphrase;
    the secret key of age comes from --key-file, or JACKFIELD_BACKUP_KEY (or …_FILE).
    """
    settings = Settings.read()
    keys = backup_keys.keys(settings, key_file, passphrase_file)
    with cleaned_up():
        contents = asyncio.run(_restored(file, keys, settings))
    if as_json:
        header = contents.header
        print_json({"restored": True, "made_at": header.made_at, "tables": contents.sums})
        return
    print_sums(contents.sums)
    say("restored; read what that means before the hub serves, and run: jackfield doctor", err=True)


async def _restored(file: Path, keys: "Keys", settings: Settings) -> "Contents":
    from jackfield.audit.models import AuditKind  # noqa: PLC0415 - kept out of `--help`
    from jackfield.backup import container, restoration  # noqa: PLC0415
    from jackfield.cli.backup_records import record_backup  # noqa: PLC0415
    from jackfield.installation import keyring_store  # noqa: PLC0415

    location = settings.keyring_location
    found = keyring_store(settings).read()
    with (
        backup_keys.opened(file) as content,
        container.reader(content, keys) as (header, parts),
        # Once the passphrase was asked for.
        rows_read("restored or compared") as on_row,
    ):
        restoration.require_version(header)
        restoration.require_keys(header, found, location)
        if found is None:
            # A backup of a hub that never had a key needs none.
            fail(f"there is no keyring at {location!r}")
        place = settings.database_url or _file(settings)
        contents = await restoration.restore(
            header, parts, place, keyring=found, location=location, on_row=on_row
        )
    actor = Actor.command("restore")
    await record_backup(settings, AuditKind.BACKUP_RESTORED, header, actor, keyring=found)
    return contents


def _file(settings: Settings) -> Path:
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{str(settings.data_dir)!r} cannot be made: {error.strerror}")
    return settings.sqlite_file
