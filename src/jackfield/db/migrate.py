"""
Numbered migrations, and those still pending.

They are applied in order, each once, under a lock, and recorded with a hash of their text. An edit
after that would leave two installations with different schemas and the same number, so a hub that
finds one refuses to start.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from jackfield.db.tx import DatabaseUnusable

LEDGER: Final = """
create table if not exists migrations (
  number     integer primary key,
  name       text not null,
  hash       text not null,
  applied_at timestamptz not null
)
"""
_NAME: Final = re.compile(r"(\d{4})_(\w+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The statements; each ends with a semicolon at the end of a line."""
        parts = re.split(r";[ \t]*\n", self.sql.strip() + "\n")
        return [part.strip() for part in parts if part.strip()]


@cache
def migrations() -> tuple[Migration, ...]:
    files = [
        Migration(int(match[1]), match[2], file.read_text("utf-8"))
        for file in resources.files("jackfield.db.migrations").iterdir()
        if (match := _NAME.fullmatch(file.name))
    ]
    return tuple(sorted(files, key=lambda migration: migration.number))


def pending(
    applied: Mapping[int, str], *, find_copy: Callable[[int], Path | None] = lambda _: None
) -> list[Migration]:
    """
    Return the migrations that are not among `applied` (number to hash).

    `find_copy` finds a copy of the database made before a migration.

    Raises:
        DatabaseUnusable: the database does not fit this version of the hub.
    """
    known = {migration.number: migration for migration in migrations()}
    if unknown := sorted(set(applied) - set(known)):
        copy = find_copy(unknown[0])
        backup = f"{str(copy)!r}, a copy" if copy else "a backup"
        msg = (
            f"the database was written by a newer version of Jackfield (migration {unknown[-1]}); "
            f"start that version, or restore {backup} made before it ran"
        )
        raise DatabaseUnusable(msg)
    for number, digest in sorted(applied.items()):
        if known[number].hash != digest:
            msg = (
                f"migration {number:04} ({known[number].name}) was changed after it was applied; "
                "start the version of Jackfield that applied it"
            )
            raise DatabaseUnusable(msg)
    return [migration for migration in migrations() if migration.number not in applied]
