"""Files with secrets, which are there whole or not at all."""

import glob
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from jackfield.cli.output import fail

_OWNER_ONLY: Final = 0o600
_TOKEN_BYTES: Final = 4


@contextmanager
def new_file(file: Path, *, force: bool) -> Generator[IO[bytes]]:
    """Write a file under another name, which becomes its own once it is complete and on disk."""
    if force and file.exists() and not file.is_file():
        fail(f"{str(file)!r} is no file that could be replaced; name another one")
    part = file.with_name(_part(file.name, secrets.token_hex(_TOKEN_BYTES)))
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        if force:
            part.replace(file)
        else:
            _link(part, file)
        _sync(file.parent)
    except FileExistsError:
        fail(f"{str(file)!r} is there already; name another file, or add --force")
    except OSError as error:
        fail(f"{str(file)!r} cannot be written: {error.strerror or error}; nothing was left there")
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def drop_parts(file: Path) -> None:
    """Delete what processes that were killed had written of a file, which none writes now."""
    for left in file.parent.glob(_part(glob.escape(file.name), "[0-9a-f]" * 2 * _TOKEN_BYTES)):
        with suppress(OSError):
            left.unlink()


def _part(name: str, token: str) -> str:
    return f".{name}.{token}.part"


def _link(part: Path, file: Path) -> None:
    """Name a file so that none is replaced, also where there are no links."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise
    except OSError:
        if file.exists():
            raise FileExistsError from None
        part.rename(file)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems cannot.
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
