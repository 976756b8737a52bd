"""Backups of a test, and what opens them."""

from pathlib import Path

import pyrage

from jackfield.backup.container import Keys, Locks

IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENT = str(IDENTITY.to_public())
LOCKS = Locks([IDENTITY.to_public()])


def no_passphrase() -> None:
    return None


KEYS = Keys([IDENTITY], no_passphrase)


def key_file(folder: Path) -> Path:
    """Write the secret key as age-keygen does, and return its file."""
    file = folder / "age.key"
    file.write_text(f"# public key: {RECIPIENT}\n{IDENTITY}\n", encoding="utf-8")
    return file
