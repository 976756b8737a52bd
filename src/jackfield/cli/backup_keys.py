"""Keys and passphrases of backups, as the commands take them: never from the command line."""

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from jackfield.cli.output import USAGE, fail
from jackfield.kit.secret import Secret
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.backup.container import Keys, Locks

_FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
passphrase_option = click.option(
    "--passphrase-file", type=_FILE, help="The file that holds the passphrase."
)
key_option = click.option(
    "--key-file", type=_FILE, help="The file with the secret key of age (age-keygen -o)."
)
shredding_option = click.option(
    "--shredding-keys", type=click.Path(path_type=Path, dir_okay=False),
    help="The file of the shredding keys (by default, shredding-keys.backup beside FILE).",
)  # fmt: skip


def locks(settings: Settings, recipients: Sequence[str], passphrase_file: Path | None) -> "Locks":
    """Return what a backup is to be encrypted with."""
    from jackfield.backup.container import Locks  # noqa: PLC0415 - kept out of `--help`
    from jackfield.vault import age_keys  # noqa: PLC0415

    if recipients and passphrase_file:
        fail("give --to or --passphrase-file, not both", status=USAGE)
    named = () if passphrase_file else recipients or settings.backup_recipients
    if named:
        return Locks([age_keys.recipient(each) for each in named])
    passphrase = _passphrase(settings, passphrase_file, is_new=True)
    if passphrase is None:
        fail(
            "say what encrypts the backup: --to AGE-RECIPIENT, --passphrase-file FILE, "
            "JACKFIELD_BACKUP_TO or JACKFIELD_BACKUP_PASSPHRASE_FILE",
            status=USAGE,
        )
    return Locks(passphrase=passphrase)


def keys(settings: Settings, key_file: Path | None, passphrase_file: Path | None) -> "Keys":
    """Return what a backup is to be opened with."""
    from jackfield.backup.container import Keys  # noqa: PLC0415 - kept out of `--help`
    from jackfield.vault import age_keys  # noqa: PLC0415

    key = Secret(_text(key_file)) if key_file else settings.backup_key
    identities = [] if key is None else age_keys.identities(key)
    # Asked for once, for all files of a backup.
    return Keys(identities, cache(partial(_passphrase, settings, passphrase_file, is_new=False)))


def shredding_file(backup: Path, named: Path | None) -> Path:
    """Return where the shredding keys of a backup are."""
    from jackfield.backup.shredding_file import FILE_NAME  # noqa: PLC0415 - kept out of `--help`

    # What a link leads to is replaced: the link would be, and the earlier keys stay where they are.
    found = named or backup.with_name(FILE_NAME)
    found = found.resolve() if found.is_symlink() else found
    if found.resolve() == backup.resolve():
        fail(
            f"{str(backup)!r} is where the shredding keys belong; name another FILE, or another "
            "file with --shredding-keys",
            status=USAGE,
        )
    return found


def require_shredding_file(file: Path) -> None:
    if not file.is_file():
        fail(
            f"the backup needs the shredding keys of its hub, and there is no {str(file)!r}; name "
            "the file that the last backup wrote with --shredding-keys. Where it is lost and the hub "
            "is, too, `jackfield restore --without-shredding-keys` restores all but what is sealed"
        )


@contextmanager
def opened(file: Path) -> Generator[IO[bytes]]:
    """Open a backup to read it."""
    try:
        content = file.open("rb")
    except OSError as error:
        fail(f"{str(file)!r} cannot be read: {error.strerror}")
    with content:
        yield content


def _passphrase(settings: Settings, file: Path | None, *, is_new: bool) -> Secret | None:
    if file is not None:
        text = _text(file).strip()
        return Secret(text) if text else fail(f"{str(file)!r} is empty")
    if settings.backup_passphrase is not None:
        return settings.backup_passphrase
    if not sys.stdin.isatty():
        return None
    asked: str = click.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=is_new, err=True, type=str
    )
    return Secret(asked)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError) as error:
        # Not the content: it is secret.
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        fail(f"{str(file)!r} cannot be read: {why}")
