"""`jackfield vault …`: the keys that seal credentials, in the database of this machine."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from jackfield.cli.keyring_files import (
    is_written_in_place,
    opened_installation,
    write_keyring,
)
from jackfield.cli.output import (
    fail,
    json_option,
    print_json,
    print_table,
    reporting,
    say,
)
from jackfield.cli.progress import shown
from jackfield.cli.vault_files import export_accounts, import_accounts
from jackfield.cli.vault_move import move
from jackfield.cli.vault_recovery import recover, recovery
from jackfield.kit.actor import Actor
from jackfield.kit.clock import system_clock
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.secrets.keys.rotation import Rotated
    from jackfield.secrets.keys.usage import VaultStatus

_WORD: Final = "forget"
# What is lost, by the prefix of its owner's id, and the way on.
_CURES: Final = {
    "acc": ("accounts", "each must be linked again: jackfield accounts list --status error"),
    "cpr": ("connector profiles", "give their setup again: PATCH /connector_profiles/{id}"),
    "whe": ("webhooks", "make new secrets: POST /jackfield/webhooks/{id}/rotate"),
    "pln": ("pending links", "refuse them: POST /jackfield/pending_links/{id}/refuse"),
}


@click.group()
def vault() -> None:
    """Look after the keys that seal credentials; move accounts to another hub."""


vault.add_command(export_accounts)
vault.add_command(import_accounts)


vault.add_command(move)
vault.add_command(recovery)
vault.add_command(recover)


@vault.command()
@json_option
@reporting
def status(*, as_json: bool) -> None:
    """
    Show the keys, how much each seals, and what it is still needed for.

    A key that is needed for nothing can be taken out: jackfield vault retire KEY.
    """
    found = asyncio.run(_status(Settings.read()))
    if as_json:
        print_json(
            {
                "keyring": {"location": found.location, "store": found.store},
                "keys": found.keys,
                "processes": found.processes,
            }
        )
        return
    say(f"keyring: {found.location} ({found.store.kind})")
    rows = [
        (
            each.id,
            each.state,
            f"{each.sealing_since:%Y-%m-%d %H:%M}" if each.sealing_since else "",
            each.secrets,
            " ".join(f"{format_}: {count}" for format_, count in each.formats.items()),
            each.needed or "",
        )
        for each in found.keys
    ]
    columns = ("Key", "State", "Sealing since", "Secrets", "In format", "Needed")
    print_table(columns, rows, empty="there are no keys yet")


@vault.command()
@click.option(
    "--wait",
    type=click.IntRange(1, 86_400),
    default=600,
    show_default=True,
    help="For how many seconds to wait until every process has the new key.",
)
@json_option
@reporting
def rotate(wait: int, *, as_json: bool) -> None:
    """
    Make a new key, and seal everything anew under it, while the hub runs.

    The new key goes into the keyring, this waits until every process of the hub has it, then all
    seal with it, and what is sealed under other keys is sealed under it. Stopped or killed, it goes
    on where it was when it is run again. The old key stays in the keyring until `vault retire`.
    """
    done = asyncio.run(_rotate(Settings.read(), wait))
    if as_json:
        print_json(
            {
                "key": done.key,
                "is_new": done.is_new,
                "secrets": done.secrets,
                "unopened": done.unopened,
            }
        )
    elif done.is_new:
        say(f"key {done.key} seals; {done.secrets} secrets were sealed anew")
    else:
        say(f"finished what was left: {done.secrets} secrets were sealed anew under key {done.key}")
        say("for a new key, run this again", err=True)
    if done.unopened:
        fail(
            f"no key opens what belongs to {', '.join(done.unopened)}; it was left as it is. Link "
            "those accounts again, or delete them"
        )


@vault.command("new-key")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@reporting
def new_key(file: Path) -> None:
    """
    Write the keyring with one more key into FILE, for a keyring that is in a variable.

    Give it to every process of the hub in place of the present one, one process after the other;
    then run: jackfield vault rotate
    """
    from jackfield.installation import keyring_store  # noqa: PLC0415 - kept out of `--help`
    from jackfield.vault.keyring import Key  # noqa: PLC0415

    store = keyring_store(Settings.read())
    found = store.read()
    if found is None:
        fail(f"there is no keyring at {store.location!r}")
    write_keyring(file, found.with_key(Key.mint(system_clock())), store)


@vault.command()
@click.argument("key")
@click.option(
    "--to",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the keyring without the key here, for one that is in a variable.",
)
@reporting
def retire(key: str, file: Path | None) -> None:
    """
    Take KEY out of the keyring, if it is needed for nothing any more.

    Refused while something is sealed with it, and for an hour after a rotation. Backups from before
    the rotation need it: keep a copy of the keyring with them.
    """
    asyncio.run(_retire(Settings.read(), key, file))


@vault.command()
@reporting
def forget() -> None:
    """
    Give up keys that are lost for good, and what only they open.

    For a database whose keyring is lost, once every backup was looked for. Deletes what no key of
    the keyring opens, marks its accounts as to be linked again, and lets the hub start again.
    Nothing brings back what it deletes. Stop the hub first.
    """
    asyncio.run(_forget(Settings.read()))


async def _status(settings: Settings) -> "VaultStatus":
    from jackfield.secrets.keys.usage import vault_status  # noqa: PLC0415 - kept out of `--help`

    async with opened_installation(settings) as (db, store):
        return await vault_status(db, store, system_clock)


async def _rotate(settings: Settings, wait: int) -> "Rotated":
    from jackfield.secrets.keys.rotation import Rotation  # noqa: PLC0415 - kept out of `--help`

    with shown() as tell:
        async with opened_installation(settings) as (db, store):
            actor = Actor.command("vault rotate")
            rotation = Rotation(db, store, system_clock, actor, tell=tell, patience=wait)
            return await rotation.run()


async def _retire(settings: Settings, key: str, file: Path | None) -> None:
    from jackfield.secrets.keys import usage  # noqa: PLC0415 - kept out of `--help`
    from jackfield.secrets.keys.rotation import Rotation  # noqa: PLC0415

    async with opened_installation(settings) as (db, store):
        is_written = is_written_in_place(store, file)
        rotation = Rotation(db, store, system_clock, Actor.command("vault retire"))
        without = await usage.retire(rotation, key)
        if file is not None and not is_written:
            write_keyring(file, without, store)
            return
    say(f"key {key} is not in the keyring any more")


async def _forget(settings: Settings) -> None:
    from jackfield.accounts.lost_keys import forget_keys  # noqa: PLC0415 - kept out of `--help`
    from jackfield.installation import keyring_store, open_database  # noqa: PLC0415
    from jackfield.secrets.keys.repo import find_keys  # noqa: PLC0415
    from jackfield.secrets.repo import owners_under  # noqa: PLC0415
    from jackfield.vault import key_check  # noqa: PLC0415

    location = settings.keyring_location
    if settings.database_url is None and not settings.sqlite_file.exists():
        fail(f"there is no database at {settings.sqlite_file.absolute()}")
    keys = keyring_store(settings).read()
    async with open_database(settings) as db:
        if await db.pending():
            fail("the database is not at this version of the hub yet; run: jackfield migrate")
        lost = key_check.lost(keys, {row.id: row.proof for row in await find_keys(db)})
        if not lost:
            say("the keyring has every key of this database; there is nothing to forget")
            return
        owners = {owner for key in lost for owner in await owners_under(db, key)}
        found = Counter(owner.partition("_")[0] for owner in owners)
        where = f"the keyring {location!r}" if keys else f"{location!r}, where there is no keyring,"
        say(f"lost: {len(lost)} of the keys of this database, which {where} does not have")
        for kind, (name, cure) in _CURES.items():
            say(f"  {found[kind]} {name}; {cure}") if found[kind] else None
        say("their secrets will be deleted, and no backup of the keyring opens them then")
        if click.prompt(f"Type {_WORD} to go on", default="", show_default=False) != _WORD:
            fail("nothing was changed")
        await forget_keys(db, lost, Actor.command("vault forget"))
    say("forgotten; the hub starts again, with a new keyring if there is none", err=True)
