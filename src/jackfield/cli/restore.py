"""`jackfield restore`: fill an empty installation from a backup."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.cli import backup_keys
from jackfield.cli.output import USAGE, fail, json_option, print_json, reporting, say
from jackfield.cli.progress import rows_read
from jackfield.cli.table_sums import print_sums
from jackfield.cli.termination import cleaned_up
from jackfield.kit.actor import Actor
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.backup.container import Keys
    from jackfield.backup.restoration import Restored
    from jackfield.db.tx import Transactions


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@backup_keys.passphrase_option
@backup_keys.key_option
@backup_keys.shredding_option
@click.option(
    "--without-shredding-keys", is_flag=True,
    help="They are lost: restore all but what is sealed, and mark each account to be linked again.",
)  # fmt: skip
@json_option
@reporting
def restore(
    file: Path,
    passphrase_file: Path | None,
    key_file: Path | None,
    shredding_keys: Path | None,
    *,
    without_shredding_keys: bool,
    as_json: bool,
) -> None:
    """
    Restore a backup FILE into an empty installation, on SQLite or PostgreSQL.

    The keyring of the hub that the backup is of must be in its place first. All of FILE is
    restored, compared with the sums that were written with it and brought to this version, or
    nothing is: then the installation stays empty. The newest shredding keys belong to it: they are
    expected beside FILE. What was sealed for an account that was deleted before they were written
    does not open any more. See `jackfield backup --help` for the passphrase;
    the secret key of age comes from --key-file, or JACKFIELD_BACKUP_KEY (or …_FILE).
    """
    settings = Settings.read()
    if shredding_keys and without_shredding_keys:
        fail("give --shredding-keys or --without-shredding-keys, not both", status=USAGE)
    keys = backup_keys.keys(settings, key_file, passphrase_file)
    keys_file = backup_keys.shredding_file(file, shredding_keys)
    with cleaned_up():
        done = asyncio.run(
            _restored(file, None if without_shredding_keys else keys_file, keys, settings)
        )
    header, sums = done.contents.header, done.contents.sums
    if as_json:
        found = {"restored": True, "made_at": header.made_at, "tables": sums}
        print_json({**found, "shredded": done.shredded, "unused_keys": done.unused})
        return
    print_sums(sums)
    if done.shredded:
        say(
            f"shredding keys that are not there any more: {done.shredded}; what needed them was "
            "deleted, and its accounts, if they are to be used, must be linked again (reason "
            "credentials_unreadable)",
            err=True,
        )
    if done.unused:
        say(
            f"shredding keys in {str(keys_file)!r} that nothing in this backup needs: {done.unused}; "
            "the next backup leaves them out, and then no later backup than this one opens what came "
            "after it. If one may be needed still, copy that file away first",
            err=True,
        )
    say("restored; read what that means before the hub serves, and run: jackfield doctor", err=True)


async def _restored(
    file: Path, keys_file: Path | None, keys: "Keys", settings: Settings
) -> "Restored":
    from jackfield.accounts.lost_keys import forget_shredded  # noqa: PLC0415 - kept out of `--help`
    from jackfield.backup import container, restoration, shredding_file  # noqa: PLC0415
    from jackfield.cli.backup_records import record_restored  # noqa: PLC0415
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
        place, actor = settings.database_url or _file(settings), Actor.command("restore")

        async def settle(db: "Transactions") -> None:
            await forget_shredded(db, actor, lambda: on_row("shredding_keys"))
            await record_restored(db, header, found, actor)

        with ExitStack() as stack:
            rows = None
            if header.shredding_keys and keys_file is not None:
                backup_keys.require_shredding_file(keys_file)
                rows = stack.enter_context(shredding_file.reader(keys_file, keys, header))
            restorer = restoration.Restorer(actor, found, location, rows)
            return await restoration.restore(
                header, parts, place, by=restorer, on_row=on_row, settle=settle
            )


def _file(settings: Settings) -> Path:
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{str(settings.data_dir)!r} cannot be made: {error.strerror}")
    return settings.sqlite_file
