"""What doctor finds on a machine whose other users could read the hub's secrets."""

from pathlib import Path

import pytest

from jackfield.cli.exposure import Exposure, exposures


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "proc/sys/kernel/yama").mkdir(parents=True)
    (tmp_path / "proc/swaps").write_text("Filename Type Size Used Priority\n")
    (tmp_path / "proc/sys/kernel/yama/ptrace_scope").write_text("1\n")
    return tmp_path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "jackfield.db").touch(0o600)
    (folder / "keyring.json").touch(0o600)
    return folder


def found(data_dir: Path, machine: Path, *files: Path) -> dict[str, Exposure]:
    return {each.name: each for each in exposures(data_dir, files, machine=machine)}


def process(machine: Path, pid: int, *words: str, tracer: int = 0) -> None:
    folder = machine / "proc" / str(pid)
    folder.mkdir()
    (folder / "cmdline").write_bytes(b"".join(each.encode() + b"\0" for each in words))
    (folder / "status").write_text(f"Name:\tpython\nTracerPid:\t{tracer}\nUid:\t0\n")


def test_a_machine_in_order_has_nothing_open(data_dir: Path, machine: Path) -> None:
    process(machine, 7, "/opt/.venv/bin/python", "/opt/.venv/bin/jackfield", "serve")
    process(machine, 8, "gdb", "-p", "9", tracer=3)

    seen = found(data_dir, machine)

    assert [each for each in seen.values() if each.is_open] == []
    assert {name for name, each in seen.items() if each.advice} <= {"user"}


def test_files_that_others_read_or_replace_are_named_with_the_command_that_helps(
    data_dir: Path, machine: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "passphrase"
    secret.touch(0o644)
    (data_dir / "jackfield.db").chmod(0o640)
    data_dir.chmod(0o777)

    seen = found(data_dir, machine, secret, tmp_path / "missing")

    assert seen["files"].is_open
    names = f"{data_dir} {data_dir / 'jackfield.db'}"
    assert seen["files"].advice == f"run: chmod go= {names}"
    assert (seen["secret files"].is_open, seen["secret files"].detail) == (False, str(secret))


def test_a_debugger_of_a_hub_is_open_and_what_would_let_one_in_is_noted(
    data_dir: Path, machine: Path
) -> None:
    (machine / "proc/sys/kernel/yama/ptrace_scope").write_text("0\n")
    noted = found(data_dir, machine)["debuggers"]
    process(machine, 7, "python", "-m", "jackfield", "serve", "--port", "0", tracer=42)
    attached = found(data_dir, machine)["debuggers"]

    assert (noted.is_open, "ptrace_scope" in noted.detail) == (False, True)
    assert (attached.is_open, attached.detail) == (True, "process 42 looks into 7")


def test_swap_on_a_disk_is_noted_and_in_memory_is_not(data_dir: Path, machine: Path) -> None:
    (machine / "proc/swaps").write_text(
        "Filename Type\n/dev/zram0 partition\n/dev/sda2 partition\n"
    )

    swap = found(data_dir, machine)["swap"]

    assert (swap.is_open, swap.detail) == (False, "/dev/sda2")
    assert "encrypt it" in swap.advice
