"""The parts of a backup's file."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from jackfield.db.transfer.sums import TableSum
from jackfield.db.tx import DatabaseUnusable
from jackfield.vault.age_stream import StreamBroken

# Raised when an older hub could not restore what a newer one wrote.
FORMAT: Final = 1
# As many digits as the first line of a file of shredding keys has room for.
MOST_FILES: Final = 10**15 - 1


class BackupRefused(DatabaseUnusable):
    """The backup cannot be made or restored here; nothing was changed."""

    code = "backup_refused"


class Header(msgspec.Struct, frozen=True, tag="header"):
    """
    What a backup is of.

    `keys` proves each key of the vault, and `used_keys` sealed something. What is sealed needs
    `shredding_keys` keys as well, of the file that is the installation's.
    """

    format: int
    hub: str
    made_at: Annotated[datetime, msgspec.Meta(tz=True)]
    database: str
    migrations: dict[int, str]
    tables: dict[str, tuple[str, ...]]
    has_logs: bool
    keys: dict[str, bytes]
    used_keys: tuple[str, ...]
    # The copy of the keyring that its recovery key opens: a restoration begins with the keyring.
    recovery: bytes | None = None
    # The id of the first project it ever had, which it keeps wherever it is moved.
    installation: str = ""
    shredding_keys: int = 0
    # Of the file of shredding keys that was written with it; 0 by versions that did not count.
    number: Annotated[int, msgspec.Meta(ge=0, le=MOST_FILES)] = 0

    @property
    def place(self) -> tuple[int, datetime]:
        """The place among the backups of a hub: a clock may be set back, and alone says little."""
        return self.number, self.made_at


class Rows(msgspec.Struct, frozen=True, tag="rows"):
    table: str
    # More than any hub writes at once: a small file could otherwise take all memory.
    rows: Annotated[
        list[Annotated[tuple[Any, ...], msgspec.Meta(max_length=1000)]],
        msgspec.Meta(max_length=100_000),
    ]


class End(msgspec.Struct, frozen=True, tag="end"):
    """The sum of each table, as it was read."""

    sums: tuple[TableSum, ...]


def damaged() -> StreamBroken:
    return StreamBroken("the backup is damaged or incomplete; use another one")
