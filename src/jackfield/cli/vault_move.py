"""`jackfield vault move`: the keyring to another place, or to another service that wraps it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import click

from jackfield.cli.output import fail, json_option, print_json, reporting, say
from jackfield.kit.actor import Actor
from jackfield.kit.secret import Secret
from jackfield.settings import Settings


@click.command("move")
@click.option(
    "--to",
    "to",
    required=True,
    metavar="LOCATION",
    help="Where it goes, as JACKFIELD_KEYRING would say: a path, or such as aws-kms:ARN.",
)
@click.option(
    "--wrapped",
    metavar="PATH",
    help="The file of a wrapped keyring, if it is not the one of JACKFIELD_WRAPPED_KEYRING.",
)
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The file with the passphrase, PIN or token for it, if it is not JACKFIELD_KEYRING_SECRET's.",
)
@json_option
@reporting
def move(to: str, wrapped: str | None, secret_file: Path | None, *, as_json: bool) -> None:
    """
    Copy the keyring to another place, or to another service that wraps it.

    It is read back before this says so, and stays where it was: delete that once the hub has started with the
    new settings, which are printed. A wrapped keyring that stays in its file is wrapped anew, such as under a new
    version of the service's key.
    """
    settings = Settings.read()
    target = replace(
        settings,
        keyring=to,
        wrapped_keyring=wrapped or settings.wrapped_keyring,
        keyring_secret=_secret(secret_file) or settings.keyring_secret,
    )
    old, new = asyncio.run(_moved(settings, target))
    told = {"JACKFIELD_KEYRING": to} | (
        {"JACKFIELD_WRAPPED_KEYRING": wrapped} if wrapped and new == wrapped else {}
    )
    if as_json:
        print_json({"from": old, "to": new, "settings": told})
        return
    say(f"the keyring is at {new!r} now, and was read back from there")
    for name, value in told.items():
        say(f"{name}={value}")
    if secret_file is not None:
        say(f"JACKFIELD_KEYRING_SECRET_FILE={secret_file.absolute()}")
    if old != new:
        say(f"start the hub with that; then delete {old!r}, and its copies", err=True)


async def _moved(settings: Settings, wanted: Settings) -> tuple[str, str]:
    from jackfield.audit import chain  # noqa: PLC0415 - kept out of `--help`
    from jackfield.audit.models import INSTALLATION, AuditKind  # noqa: PLC0415
    from jackfield.audit.service import record  # noqa: PLC0415
    from jackfield.installation import (  # noqa: PLC0415
        keyring_store,
        open_database,
        require_version,
    )
    from jackfield.secrets.keys.repo import find_keys  # noqa: PLC0415
    from jackfield.vault import key_check  # noqa: PLC0415
    from jackfield.vault.audit_keys import AuditKeys  # noqa: PLC0415
    from jackfield.vault.cipher import Vault  # noqa: PLC0415
    from jackfield.vault.keyring_move import moved  # noqa: PLC0415

    source, target = keyring_store(settings), keyring_store(wanted)
    keyring = source.read()
    if keyring is None:
        fail(f"there is no keyring at {source.location!r}")
    async with open_database(settings) as db:
        await require_version(db)
        proofs = {row.id: row.proof for row in await find_keys(db)}
        key_check.check(Vault(keyring), proofs, source.location)
        moved(keyring, source, target)
        async with db.write(INSTALLATION, Actor.command("vault move")) as tx:
            kinds = {"from": source.status().kind, "to": target.status().kind}
            keys = sorted(key.id for key in keyring.keys)
            await record(tx, AuditKind.KEYRING_MOVED, details={**kinds, "keys": keys})
            await chain.sign(tx, AuditKeys(keyring))
    return source.location, target.location


def _secret(file: Path | None) -> Secret | None:
    if file is None:
        return None
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, ValueError):
        fail(f"{str(file)!r} cannot be read as text")
    return Secret(text) if text else fail(f"{str(file)!r} is empty")
