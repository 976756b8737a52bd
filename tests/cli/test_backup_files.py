"""The file that `jackfield backup` writes: whole or not at all, and for its owner alone."""

import asyncio
import contextlib
import os
import pty
import secrets
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from jackfield.cli.new_file import new_file
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.support.backups import IDENTITY, RECIPIENT, key_file
from tests.support.clock import FrozenClock
from tests.support.running import running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
async def logged(sandbox: Sandbox, data_dir: Path, clock: FrozenClock) -> None:
    """Leave a hub with a run in its logs."""
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        await hub.run(await hub.link(), "iterable_list_channels")


def what_is_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.usefixtures("logged")
async def test_a_backup_is_readable_by_its_owner_alone_and_replaces_nothing_unasked(
    jackfield: Command, tmp_path: Path
) -> None:
    file = tmp_path / "out" / "hub.backup"
    file.parent.mkdir()
    made = await jackfield("backup", str(file), "--to", RECIPIENT)
    first = file.read_bytes()
    again = await jackfield("backup", str(file), "--to", RECIPIENT)
    kept = file.read_bytes()
    forced = await jackfield("backup", str(file), "--to", RECIPIENT, "--force")

    assert (made.status, again.status, forced.status) == (0, 1, 0)
    assert "is there already" in again.err
    assert kept == first != file.read_bytes()
    assert mode_of(file) == 0o600
    assert what_is_in(file.parent) == ["hub.backup", "shredding-keys.backup"]
    assert mode_of(file.with_name("shredding-keys.backup")) == 0o600


@pytest.mark.usefixtures("logged")
async def test_no_keys_are_left_of_a_backup_that_was_killed(
    jackfield: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with new_file(folder / "shredding-keys.backup", force=True):
        (written,) = folder.iterdir()
    # As if that had not come to its end.
    written.write_bytes((folder / "shredding-keys.backup").read_bytes())
    (folder / "shredding-keys.backup").unlink()
    (folder / ".shredding-keys.backup.mine.part").touch()

    made = await jackfield("backup", str(folder / "hub.backup"), "--to", RECIPIENT)

    assert made.status == 0, made.err
    left = [".shredding-keys.backup.mine.part", "hub.backup", "shredding-keys.backup"]
    assert what_is_in(folder) == left


@pytest.mark.usefixtures("logged")
async def test_a_disk_that_is_full_leaves_nothing_behind(
    tmp_path: Path, data_dir: Path, jackfield: Command
) -> None:
    add_large_row(data_dir)
    file = tmp_path / "out" / "hub.backup"
    file.parent.mkdir()
    (file.parent / "before").touch()

    # The shell's limit on the size of files stands for the disk.
    said = await jackfield("backup", str(file), "--to", RECIPIENT, most_blocks=400)

    assert said.status == 1, said.err
    assert "cannot be written" in said.err
    assert "nothing was left there" in said.err
    assert "Traceback" not in said.err
    # The shredding keys are whole, and of no earlier time than any backup there.
    assert what_is_in(file.parent) == ["before", "shredding-keys.backup"]


def add_large_row(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "jackfield.db")) as connection, connection:
        connection.execute(
            "insert into run_bodies select 'run_1', id, ? from projects",
            (secrets.token_hex(500_000),),
        )


@pytest.mark.usefixtures("logged")
async def test_a_folder_that_is_not_there_is_named(tmp_path: Path, jackfield: Command) -> None:
    said = await jackfield("backup", str(tmp_path / "no" / "b"), "--to", RECIPIENT)

    assert said.status == 1
    assert "cannot be written: No such file or directory" in said.err


@pytest.mark.usefixtures("logged")
async def test_logs_can_be_left_out(jackfield: Command, tmp_path: Path) -> None:
    full, small = tmp_path / "full", tmp_path / "small"
    made = [
        await jackfield("backup", str(full), "--to", RECIPIENT, "--json"),
        await jackfield("backup", str(small), "--to", RECIPIENT, "--json", "--without-logs"),
    ]
    tables = [{each["table"]: each["rows"] for each in said.json["tables"]} for said in made]
    verified = await jackfield(
        "backup", "--verify", str(small), "--key-file", str(key_file(tmp_path))
    )

    assert tables[0]["runs"] == 1
    assert tables[0].keys() - tables[1].keys() == {
        "runs",
        "run_bodies",
        "run_headers",
        "run_counts",
        "run_count_fills",
        "api_requests",
    }
    assert verified.status == 0, verified.err
    assert "everything in it is as it was written" in verified.err


@pytest.mark.usefixtures("logged")
async def test_a_passphrase_and_a_key_come_from_files_that_settings_name(
    jackfield: Command, tmp_path: Path
) -> None:
    words = tmp_path / "words"
    words.write_text("ein gutes Wort\n", encoding="utf-8")
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    key = str(key_file(tmp_path))
    said = [
        await jackfield("backup", one, BACKUP_PASSPHRASE_FILE=str(words)),
        await jackfield("backup", "--verify", one, "--passphrase-file", str(words)),
        await jackfield("backup", two, BACKUP_TO=RECIPIENT),
        await jackfield("backup", "--verify", two, BACKUP_KEY_FILE=key),
        await jackfield("backup", "--verify", two, BACKUP_KEY=str(IDENTITY)),
    ]
    refused = [
        await jackfield("backup", "--verify", two, BACKUP_PASSPHRASE_FILE=str(words)),
        await jackfield("backup", "--verify", one, BACKUP_PASSPHRASE="another"),
    ]

    assert [each.status for each in said] == [0] * 5, said
    assert [each.status for each in refused] == [1, 1]
    assert all("[backup_key_refused]" in each.err for each in refused)
    assert not any(str(IDENTITY) in each.out + each.err for each in (*said, *refused))


@pytest.mark.usefixtures("logged")
async def test_a_backup_without_a_key_is_not_made(jackfield: Command, tmp_path: Path) -> None:
    file = tmp_path / "b"
    none = await jackfield("backup", str(file))
    secret = await jackfield("backup", str(file), "--to", str(IDENTITY))
    wrong = await jackfield("backup", str(file), "--to", "age1nonsense")

    assert (none.status, secret.status, wrong.status, file.exists()) == (2, 1, 1, False)
    assert "say what encrypts the backup" in none.err
    assert str(IDENTITY) not in secret.err
    assert "this is the secret one" in secret.err
    assert "[backup_key_invalid]" in wrong.err


async def test_where_there_is_no_hub_nothing_is_made(jackfield: Command, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    said = await jackfield("backup", str(tmp_path / "b"), "--to", RECIPIENT, DATA_DIR=str(folder))

    assert (said.status, folder.exists(), (tmp_path / "b").exists()) == (1, False, False)
    assert "[no_installation]" in said.err


async def test_what_is_no_backup_is_not_restored(jackfield: Command, tmp_path: Path) -> None:
    file = tmp_path / "dump"
    file.write_bytes(os.urandom(1000))

    said = await jackfield("restore", str(file), "--key-file", str(key_file(tmp_path)))

    assert (said.status, "[backup_refused]" in said.err) == (1, True)


@pytest.mark.usefixtures("logged")
async def test_a_passphrase_is_asked_for_on_a_terminal_and_not_shown(
    data_dir: Path, tmp_path: Path
) -> None:
    file = str(tmp_path / "b")
    made = await asyncio.to_thread(
        on_a_terminal, ["backup", file], data_dir, "ein gutes Wort", "ein gutes Wort"
    )
    verified = await asyncio.to_thread(
        on_a_terminal, ["backup", "--verify", file], data_dir, "ein gutes Wort"
    )
    refused = await asyncio.to_thread(
        on_a_terminal, ["backup", "--verify", file], data_dir, "ein anderes"
    )

    assert [made[0], verified[0], refused[0]] == [0, 0, 1], (made, verified, refused)
    assert "Wort" not in made[1] + verified[1]
    assert "[backup_key_refused]" in refused[1]


def on_a_terminal(words: list[str], data_dir: Path, *answers: str) -> tuple[int, str]:
    """Run a command on a terminal, and type an answer at each prompt."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        # A passphrase is asked for at the terminal that the session has.
        ["/usr/bin/setsid", "--ctty", "--wait", sys.executable, "-m", "jackfield", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={"PATH": os.defpath, "JACKFIELD_DATA_DIR": str(data_dir)},
    )
    os.close(theirs)
    said, waiting = "", list(answers)
    # The terminal ends with the command.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 4096):
            said += part.decode()
            if waiting and said.endswith(": "):
                os.write(ours, f"{waiting.pop(0)}\n".encode())
    os.close(ours)
    return process.wait(), said
