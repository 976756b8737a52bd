"""The installation whose keys a command looks after, and keyrings that it writes for their owner."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jackfield.cli.output import fail, say
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.db.tx import Database
    from jackfield.vault.keyring import Keyring
    from jackfield.vault.keyring_store import KeyringStore

_OWNER_ONLY: Final = 0o600


@asynccontextmanager
async def opened_installation(
    settings: Settings,
) -> "AsyncGenerator[tuple[Database, KeyringStore]]":
    """Open the database, which must be there and at this version, and the place of the keyring."""
    from jackfield.installation import (  # noqa: PLC0415 - kept out of `--help`
        keyring_store,
        open_database,
        require_version,
    )

    async with open_database(settings) as db:
        await require_version(db)
        yield db, keyring_store(settings)


def is_written_in_place(store: "KeyringStore", to: Path | None) -> bool:
    """Tell whether a command changes the keyring where it is, and has its owner do so otherwise."""
    is_writable = store.status().is_writable
    if not is_writable and to is None:
        fail(f"the keyring {store.location!r} cannot be written from here; name a file with --to")
    if is_writable and to is not None:
        fail(f"the keyring {store.location!r} is changed where it is; leave --to out")
    return is_writable


def write_keyring(file: Path, keyring: "Keyring", store: "KeyringStore") -> None:
    """Write what `store` would hold of a keyring into a new file that its owner alone can read."""
    # Before the file is made, as a key service that is away leaves none behind.
    content = store.document(keyring)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    say(f"written to {file}: give it to every process in place of the present keyring", err=True)
