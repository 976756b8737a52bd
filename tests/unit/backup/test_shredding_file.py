"""A file that is no file of shredding keys is refused, and two backups do not mix theirs."""

import os
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from jackfield.backup import shredding_file
from jackfield.backup.models import BackupRefused, End, Header, Rows
from jackfield.db.transfer.sums import RunningSum
from jackfield.kit.clock import system_clock
from jackfield.kit.errors import HubError
from jackfield.vault.age_stream import StreamBroken
from tests.support.backups import KEYS, LOCKS

HUB = "prj_01KJMBQDE00000000000000000"
COLUMNS = ("project_id", "owner_id", "key")
ROW = (HUB, "", bytes(32))
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)


def header(tables: dict[str, tuple[str, ...]]) -> Header:
    return Header(
        format=1,
        hub="9.9",
        made_at=system_clock(),
        database="sqlite",
        migrations={},
        tables=tables,
        has_logs=False,
        keys={},
        used_keys=(),
        installation=HUB,
        shredding_keys=1,
    )


def written(file: Path, *rows: tuple[object, ...]) -> Path:
    found = RunningSum("shredding_keys")
    for row in rows:
        found.add(row)
    with (
        file.open("wb") as out,
        shredding_file.writer(out, LOCKS, header({"shredding_keys": COLUMNS})) as add,
    ):
        add(Rows("shredding_keys", list(rows)))
        add(End((found.result,)))
    return file


def read(file: Path, backup: Header) -> list[object]:
    with shredding_file.reader(file, KEYS, backup) as batches:
        return [row for rows in batches for row in rows]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    backup = header({})
    assert read(written(tmp_path / "keys", ROW), backup) == [ROW]


def test_a_file_of_before_there_were_numbers_is_read_and_replaced(tmp_path: Path) -> None:
    file = written(tmp_path / "keys", ROW)
    content = file.read_bytes()
    assert content.startswith(f"jackfield-shredding-keys {HUB} 0\n".encode())
    file.write_bytes(content.replace(b" 0\n", b"\n", 1))

    shredding_file.require_replaceable(file, HUB)
    assert shredding_file.number_of(file) == 0
    assert read(file, structs.replace(header({}), made_at=EARLIER)) == [ROW]
    with pytest.raises(BackupRefused, match="older than the backup"):
        read(file, structs.replace(header({}), made_at=EARLIER, number=1))


def test_another_hubs_file_with_this_ones_first_line_is_damaged(tmp_path: Path) -> None:
    file = written(tmp_path / "keys", ROW)
    other = HUB.replace("prj_0", "prj_1")
    file.write_bytes(file.read_bytes().replace(HUB.encode(), other.encode(), 1))

    with pytest.raises(StreamBroken):
        read(file, structs.replace(header({}), installation=other))


@pytest.mark.parametrize(
    "row",
    [
        (HUB, "", b""),
        (HUB, "", bytes(31)),
        (HUB, "", "a" * 32),
        (HUB, 7, bytes(32)),
        (None, "", bytes(32)),
        (HUB, "\0", bytes(32)),
        ([], {}, bytes(32)),
        (HUB, ""),
        (*ROW, 1),
    ],
    ids=str,
)
def test_rows_that_are_no_keys_are_refused(tmp_path: Path, row: tuple[object, ...]) -> None:
    backup = header({})
    with pytest.raises(HubError, match="damaged"):
        read(written(tmp_path / "keys", row), backup)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        "jackfield-shredding-keys \n".encode("utf-16"),
        b"jackfield-shredding-keys " + b"x" * (16 << 20),
        b"jackfield-shredding-keys password=hunter2\n",
        b"jackfield-shredding-keys " + HUB.encode(),
        b"jackfield-shredding-keys " + HUB.encode() + b" -1\n",
    ],
    ids=["empty", "UTF-16", "a long line", "of something else", "cut", "a number that is none"],
)
def test_what_is_no_file_of_keys_is_neither_read_nor_replaced_nor_quoted(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "keys"
    file.write_bytes(content)

    for use in (
        lambda: read(file, header({})),
        lambda: shredding_file.require_replaceable(file, HUB),
    ):
        with pytest.raises(BackupRefused, match="is not a file of shredding keys") as refused:
            use()
        assert "xxx" not in refused.value.detail
        assert "hunter2" not in refused.value.detail


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "keys")

    with pytest.raises(BackupRefused, match="is not a file of shredding keys"):
        shredding_file.require_replaceable(tmp_path / "keys", HUB)


def test_of_two_backups_the_second_begins_after_the_first(tmp_path: Path) -> None:
    file, first, told = tmp_path / "keys", ExitStack(), list[str]()
    first.enter_context(shredding_file.in_turn(file, lambda: told.append("first")))

    def ends() -> None:
        told.append("second")
        first.close()

    with shredding_file.in_turn(file, ends):
        third = ExitStack()
        third.callback(told.append, "third")
        with pytest.raises(KeyboardInterrupt):
            third.enter_context(shredding_file.in_turn(file, _interrupt))
        third.close()

    assert told == ["second", "third"]
    assert list(tmp_path.iterdir()) == []


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(BackupRefused, match="nowhere/keys' cannot be written: No such"),
        shredding_file.in_turn(tmp_path / "nowhere" / "keys", _interrupt),
    ):
        pass
