"""The file of a backup: it opens with its key alone, and only as it was written."""

import io
import os
from datetime import UTC, datetime

import pyrage
import pytest

from jackfield.backup import container
from jackfield.backup.container import Keys, Locks
from jackfield.backup.models import BackupRefused, End, Header, Rows
from jackfield.backup.verification import verify
from jackfield.db.transfer.sums import RunningSum
from jackfield.kit.errors import HubError
from jackfield.kit.secret import Secret
from jackfield.vault.age_stream import KeyRefused, StreamBroken
from tests.support.backups import KEYS, LOCKS, no_passphrase

COLUMNS = ("digest", "expires_at", "content")
NOW = datetime(2026, 2, 1, tzinfo=UTC)
# Random, so that it takes several of age's pieces of 64 KiB.
ROWS = [(str(place), NOW, os.urandom(60_000)) for place in range(6)]
PIECE = 65_536 + 16
PREFIX = 20


def header(**changed: object) -> Header:
    values = {
        "format": 1,
        "hub": "0.1.0",
        "made_at": NOW,
        "database": "sqlite",
        "migrations": {1: "x"},
        "tables": {"files": COLUMNS},
        "has_logs": True,
        "keys": {},
        "used_keys": (),
    }
    return Header(**{**values, **changed})  # pyright: ignore[reportArgumentType]


def written(locks: Locks = LOCKS, **changed: object) -> bytes:
    found = RunningSum("files")
    for row in ROWS:
        found.add(row)
    file = io.BytesIO()
    with container.writer(file, locks) as add:
        add(header(**changed))
        add(Rows("files", list(ROWS[:4])))
        add(Rows("files", list(ROWS[4:])))
        add(End((found.result,)))
    return file.getvalue()


def read(content: bytes, keys: Keys = KEYS) -> int:
    with container.reader(io.BytesIO(content), keys) as (head, parts):
        (found,) = verify(head, parts, lambda _: None).sums
        return found.rows


WHOLE = written()
# After the header of age, whose length is another each time, with its MAC and a nonce.
START = WHOLE.index(b"\n--- ") + len("\n--- ") + 43 + 1 + 16


def test_what_was_written_is_read_as_it_was() -> None:
    with container.reader(io.BytesIO(WHOLE), KEYS) as (head, parts):
        rows = [row for part in parts if isinstance(part, Rows) for row in part.rows]

    assert head == header()
    assert rows == ROWS
    assert read(WHOLE) == len(ROWS)


def test_nothing_of_it_can_be_seen_in_the_file() -> None:
    assert b"digest" not in WHOLE
    assert b"sqlite" not in WHOLE


@pytest.mark.parametrize("start", ["file", "prefix", "header", "pieces", "last piece", "end"])
def test_a_file_that_was_cut_off_is_refused(start: str) -> None:
    length = {
        "file": 0,
        "prefix": 5,
        "header": PREFIX + 30,
        "pieces": START,
        "last piece": START + 3 * PIECE,
        "end": len(WHOLE) - 1,
    }[start]

    with pytest.raises((StreamBroken, BackupRefused)):
        read(WHOLE[:length])


@pytest.mark.parametrize("place", range(16))
def test_a_changed_bit_at_the_start_is_found(place: int) -> None:
    # Of the mark, and of the MAC and the nonce of age's header.
    for each in (place, START - 16 + place, START - 50 + place):
        changed = bytearray(WHOLE)
        changed[each] ^= 1

        with pytest.raises(HubError):
            read(bytes(changed))


@pytest.mark.parametrize("piece", range(5))
def test_a_changed_bit_in_each_piece_is_found(piece: int) -> None:
    changed = bytearray(WHOLE)
    changed[START + piece * PIECE + 1000] ^= 0x80

    with pytest.raises(StreamBroken):
        read(bytes(changed))


def test_pieces_in_another_order_are_found() -> None:
    first, second = WHOLE[START : START + PIECE], WHOLE[START + PIECE : START + 2 * PIECE]

    with pytest.raises(StreamBroken):
        read(WHOLE[:START] + second + first + WHOLE[START + 2 * PIECE :])


def test_a_piece_that_was_left_out_or_is_there_twice_is_found() -> None:
    for kept in (WHOLE[START + PIECE :], WHOLE[START : START + PIECE] + WHOLE[START:]):
        with pytest.raises(StreamBroken):
            read(WHOLE[:START] + kept)


def test_what_follows_the_end_is_found() -> None:
    with pytest.raises(StreamBroken):
        read(WHOLE + b"x")


def test_a_key_that_it_is_not_for_is_said_to_be_wrong() -> None:
    other = Keys([pyrage.x25519.Identity.generate()], no_passphrase)
    none = Keys([], no_passphrase)

    with pytest.raises(KeyRefused, match="does not open"):
        read(WHOLE, other)
    with pytest.raises(KeyRefused, match="--key-file"):
        read(WHOLE, none)


@pytest.mark.slow
def test_a_passphrase_opens_what_was_made_under_it_and_no_other() -> None:
    content = written(Locks(passphrase=Secret("ein gutes Wort")))

    assert read(content, Keys([], lambda: Secret("ein gutes Wort"))) == len(ROWS)
    with pytest.raises(KeyRefused, match="not the one"):
        read(content, Keys([], lambda: Secret("ein gutes wort")))
    with pytest.raises(KeyRefused, match="--passphrase-file"):
        read(content)
    with pytest.raises(StreamBroken):
        read(content[:40], Keys([], lambda: Secret("ein gutes Wort")))


def test_a_file_of_something_else_is_no_backup() -> None:
    with pytest.raises(BackupRefused, match="not a backup"):
        read(b"SQLite format 3\0" * 100)


def test_a_backup_of_a_later_format_is_refused() -> None:
    later = bytearray(WHOLE)
    later[17] = 2

    with pytest.raises(BackupRefused, match="newer version"):
        read(bytes(later))
    with pytest.raises(BackupRefused, match=r"newer version of Jackfield \(9\.0\)"):
        read(written(format=2, hub="9.0"))


def test_a_row_that_is_missing_at_the_end_is_found() -> None:
    found = RunningSum("files")
    for row in ROWS:
        found.add(row)
    file = io.BytesIO()
    with container.writer(file, LOCKS) as add:
        add(header())
        add(Rows("files", list(ROWS[:4])))
        add(End((found.result,)))

    with pytest.raises(StreamBroken):
        read(file.getvalue())


def test_a_file_that_cannot_be_written_says_why() -> None:
    class Full(io.BytesIO):
        def write(self, content: object, /) -> int:
            if self.tell() > PIECE:
                raise OSError(28, "No space left on device")
            return super().write(content)  # pyright: ignore[reportArgumentType]

    with pytest.raises(OSError, match="No space left"), container.writer(Full(), LOCKS) as add:
        add(header())
        for _ in range(10):
            add(Rows("files", list(ROWS)))
