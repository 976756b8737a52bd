"""`jackfield vault recovery` and `recover`: the key that brings a lost keyring back."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.cli import backup_keys
from jackfield.cli.keyring_files import (
    is_written_in_place,
    opened_installation,
    write_keyring,
)
from jackfield.cli.output import fail, json_option, print_json, reporting, say
from jackfield.kit.actor import Actor
from jackfield.kit.clock import system_clock
from jackfield.kit.secret import Secret
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.backup.container import Keys
    from jackfield.vault.keyring import Keyring

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--new", "replaces", is_flag=True, help="Make another in place of the present one.")
@click.option("--to", "file", type=_FILE, help="Write a keyring that is in a variable here.")
@json_option
@reporting
def recovery(file: Path | None, *, replaces: bool, as_json: bool) -> None:
    """
    Make the recovery key, and print it once.

    With it and a copy of the database, or any backup from now on, a lost keyring comes back:
    jackfield vault recover. It is kept nowhere. Whoever has it and a backup has the credentials.
    """
    from jackfield.installation import keyring_store  # noqa: PLC0415 - kept out of `--help`

    settings = Settings.read()
    key, keyring, is_written = asyncio.run(_made(settings, replaces=replaces, to=file))
    if not is_written and file is not None:
        write_keyring(file, keyring, keyring_store(settings))
    if as_json:
        print_json({"recovery_key": key.reveal(), "recipient": keyring.recovery})
        return
    say(key.reveal())
    say("print it and lock it away; it is not shown again, and kept nowhere", err=True)


@click.command()
@click.option(
    "--recovery-key-file",
    "recovery_key",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The file with the recovery key; it is asked for if left out.",
)
@click.option(
    "--backup",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Take the copy of the keyring from this backup, instead of the database.",
)
@backup_keys.passphrase_option
@backup_keys.key_option
@click.option("--to", "file", type=_FILE, help="Write the keyring here, for one in a variable.")
@reporting
def recover(
    recovery_key: Path | None,
    backup: Path | None,
    passphrase_file: Path | None,
    key_file: Path | None,
    file: Path | None,
) -> None:
    """
    Bring a lost keyring back with the recovery key.

    The copy of the keyring is in the database, and in each backup of it: with --backup, do this
    before the backup is restored. A keyring that is there is never replaced.
    """
    from jackfield.installation import keyring_store  # noqa: PLC0415 - kept out of `--help`

    settings, key = Settings.read(), _key(recovery_key)
    if backup is not None:
        keyring = _of_backup(backup, backup_keys.keys(settings, key_file, passphrase_file), key)
    else:
        keyring = asyncio.run(_of_database(settings, key))
    store = keyring_store(settings)
    if file is not None:
        write_keyring(file, keyring, store)
        return
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if store.revision() is not None or not store.status().is_writable:
        fail(
            f"{store.location!r} is taken or cannot be written; move it away, or name a file: --to"
        )
    store.create(keyring)
    say(f"the keyring is at {store.location!r} again, with {len(keyring.keys)} keys", err=True)


async def _made(
    settings: Settings, *, replaces: bool, to: Path | None
) -> "tuple[Secret, Keyring, bool]":
    from jackfield.secrets.keys.recovery import make_recovery_key  # noqa: PLC0415 - as above
    from jackfield.secrets.keys.rotation import Rotation  # noqa: PLC0415

    async with opened_installation(settings) as (db, store):
        is_written = is_written_in_place(store, to)
        rotation = Rotation(db, store, system_clock, Actor.command("vault recovery"))
        return *(await make_recovery_key(rotation, replaces=replaces)), is_written


async def _of_database(settings: Settings, key: Secret) -> "Keyring":
    from jackfield.secrets.keys.copies import find_copy  # noqa: PLC0415 - as above
    from jackfield.secrets.keys.repo import find_keys  # noqa: PLC0415
    from jackfield.vault.recovery_copy import opened_copy  # noqa: PLC0415

    async with opened_installation(settings) as (db, _store):
        keyring = opened_copy(await find_copy(db), key)
        return _checked(keyring, {row.id: row.proof for row in await find_keys(db)})


def _of_backup(backup: Path, keys: "Keys", key: Secret) -> "Keyring":
    from jackfield.backup import container  # noqa: PLC0415 - kept out of `--help`
    from jackfield.vault.recovery_copy import opened_copy  # noqa: PLC0415

    with backup_keys.opened(backup) as content, container.reader(content, keys) as (header, _parts):
        if header.recovery is None:
            fail("this backup has no copy of a keyring; its hub had no recovery key")
        return _checked(opened_copy(header.recovery, key), header.keys)


def _checked(keyring: "Keyring", proofs: dict[str, bytes]) -> "Keyring":
    from jackfield.vault import key_check  # noqa: PLC0415 - kept out of `--help`

    if lost := key_check.lost(keyring, proofs):
        fail(f"the copy does not have key {', '.join(lost)}, which something is sealed with")
    return keyring


def _key(file: Path | None) -> Secret:
    if file is not None:
        try:
            return Secret(file.read_text("utf-8"))
        except (OSError, ValueError):
            fail(f"{str(file)!r} cannot be read")
    if not sys.stdin.isatty():
        return Secret(sys.stdin.readline())
    asked: str = click.prompt("Recovery key", hide_input=True, err=True, type=str)
    return Secret(asked)
