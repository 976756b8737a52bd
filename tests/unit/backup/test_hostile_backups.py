"""A backup that no hub wrote is refused with an error of ours, and leaves nothing behind."""

import asyncio
import gzip
import struct
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from jackfield.backup import container, restoration, verification
from jackfield.backup.copy import copied_tables
from jackfield.backup.models import End, Header, Rows
from jackfield.db.migrate import migrations
from jackfield.db.transfer.sums import RunningSum
from jackfield.db.tx import DatabaseUnusable
from jackfield.kit.clock import system_clock
from jackfield.kit.errors import HubError
from jackfield.vault import age_stream
from jackfield.vault.keyring import Keyring
from tests.support import postgres
from tests.support.actor import TESTER
from tests.support.backups import IDENTITY, KEYS

pytestmark = pytest.mark.anyio

ALL = {each.number: each.hash for each in migrations()}
MARK = struct.pack(">16sHH", b"jackfield-backup", 1, 0)


@pytest.fixture
def url(postgres_server: str) -> Generator[str]:
    yield asyncio.run(postgres.bare_database(postgres_server, "hostile"))
    asyncio.run(postgres.drop_database(postgres_server, "hostile"))


def header(applied: Mapping[int, str], tables: dict[str, tuple[str, ...]] | None = None) -> Header:
    return Header(
        format=1,
        hub="9.9",
        made_at=system_clock(),
        database="sqlite",
        migrations=dict(applied),
        tables=copied_tables(applied, has_logs=True) if tables is None else tables,
        has_logs=True,
        keys={},
        used_keys=(),
    )


def written(file: Path, *parts: Header | Rows | End | bytes) -> Path:
    with file.open("wb") as out:
        out.write(MARK)
        with (
            age_stream.encrypted(out, [IDENTITY.to_public()]) as plain,
            gzip.GzipFile(fileobj=plain, mode="wb") as packed,
        ):
            for part in parts:
                content = part if isinstance(part, bytes) else msgspec.msgpack.encode(part)
                packed.write(struct.pack(">I", len(content)) + content)
    return file


def with_row(table: str, row: Sequence[Any]) -> tuple[Header, Rows, End]:
    """Return a backup with one row, and with the sums that go with it."""
    start = header(ALL)
    sums = {name: RunningSum(name) for name in start.tables}
    sums[table].add(tuple(row))
    return start, Rows(table, [tuple(row)]), End(tuple(each.result for each in sums.values()))


async def restored(file: Path, place: Path | str) -> None:
    with file.open("rb") as content, container.reader(content, KEYS) as (start, parts):
        await restoration.restore(
            start,
            parts,
            place,
            by=restoration.Restorer(TESTER, Keyring.mint(system_clock()), "keyring.json"),
            on_row=lambda _: None,
            settle=nothing,
        )


async def nothing(_db: object) -> None:
    """Leave what is restored as it is."""


def verified(file: Path) -> None:
    with file.open("rb") as content, container.reader(content, KEYS) as (start, parts):
        verification.require_version(start)
        verification.verify(start, parts, lambda _: None)


def what_is_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


HOLE = {number: digest for number, digest in ALL.items() if number != 5}
EMPTY = End(tuple(RunningSum(name).result for name in header(ALL).tables))
IN_ROWS = msgspec.msgpack.encode(Rows("projects", [("@@",)]))


@pytest.mark.parametrize(
    "parts",
    [
        (header({}), End(())),
        (header(HOLE, {}), End(())),
        (header(ALL), IN_ROWS.replace(b"\xa2@@", b"\x91" * 1_000_000 + b"\xc0")),
        (header(ALL), IN_ROWS.replace(b"\xa2@@", b"\xa3\xed\xa0\x80")),
        (header(ALL), IN_ROWS.replace(b"\xa2@@", b"\xd4\x01x")),
        (
            header(ALL),
            IN_ROWS.replace(b"\x91\x91\xa2@@", b"\xdd\x00\x98\x96\x80" + b"\x90" * 10**7),
        ),
        (structs.replace(header(ALL), number=2**63), EMPTY),
        (structs.replace(header(ALL), number=-1), EMPTY),
    ],
    ids=[
        "no migrations",
        "a migration left out",
        "nested deeply",
        "half a character",
        "a kind",
        "many rows",
        "a number beyond all",
        "a number below all",
    ],
)
async def test_parts_that_no_hub_writes_are_refused_before_anything_is_made(
    tmp_path: Path, parts: tuple[Header | Rows | End | bytes, ...]
) -> None:
    file = written(tmp_path / "hostile", *parts)

    with pytest.raises(HubError):
        verified(file)
    with pytest.raises(HubError):
        await restored(file, tmp_path / "jackfield.db")

    assert what_is_in(tmp_path) == ["hostile"]


WIDTH = len(header(ALL).tables["projects"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "value",
    [{"a": 1}, [1, 2], 2**64 - 1, [[[]]], float("nan"), "a\0b", True, None, "words", b"\xff"],
    ids=str,
)
async def test_values_that_a_column_does_not_take_are_refused_without_being_quoted(
    tmp_path: Path, url: str, value: Any
) -> None:
    file = written(tmp_path / "hostile", *with_row("projects", [value] * WIDTH))

    for place in (tmp_path / "jackfield.db", url):
        with pytest.raises(DatabaseUnusable) as refused:
            await restored(file, place)
        assert "projects" in refused.value.detail
        assert refused.value.__cause__ is None

    assert what_is_in(tmp_path) == ["hostile"]


@pytest.mark.slow
async def test_a_row_that_refers_to_one_that_is_not_there_is_refused(
    tmp_path: Path, url: str
) -> None:
    values = {"digest": b"x", "project_id": "prj_none", "created_at": system_clock()}
    columns = header(ALL).tables["dashboard_sessions"]
    row = [values.get(name, system_clock()) for name in columns]
    file = written(tmp_path / "hostile", *with_row("dashboard_sessions", row))

    for place in (tmp_path / "jackfield.db", url):
        with pytest.raises(DatabaseUnusable):
            await restored(file, place)

    assert what_is_in(tmp_path) == ["hostile"]
