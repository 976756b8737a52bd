"""`jackfield vault …`: the keys that seal credentials, in the database of this machine."""

import asyncio
from collections import Counter
from typing import Final

import click

from jackfield.cli.output import fail, reporting, say
from jackfield.cli.vault_files import export_accounts, import_accounts
from jackfield.cli.vault_move import move
from jackfield.kit.actor import Actor
from jackfield.settings import Settings

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


async def _forget(settings: Settings) -> None:
    from jackfield.accounts.lost_keys import forget_keys  # noqa: PLC0415 - kept out of `--help`
    from jackfield.installation import keyring_store, open_database  # noqa: PLC0415
    from jackfield.secrets.repo import key_proofs, owners_under  # noqa: PLC0415
    from jackfield.vault import key_check  # noqa: PLC0415

    location = settings.keyring_location
    if settings.database_url is None and not settings.sqlite_file.exists():
        fail(f"there is no database at {settings.sqlite_file.absolute()}")
    keys = keyring_store(settings).read()
    async with open_database(settings) as db:
        if await db.pending():
            fail("the database is not at this version of the hub yet; run: jackfield migrate")
        lost = key_check.lost(keys, await key_proofs(db))
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
