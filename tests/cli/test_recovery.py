"""`jackfield vault recovery` and `recover`: a lost keyring comes back, from a database or a backup."""

import shutil
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from jackfield.vault import age_keys
from tests.cli.conftest import Command
from tests.support.clock import FrozenClock
from tests.support.running import running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_lost_keyring_comes_back_from_the_database_and_from_a_backup(
    data_dir: Path, sandbox: Sandbox, jackfield: Command, tmp_path: Path, clock: FrozenClock
) -> None:
    backup, restored, identity = (
        tmp_path / "hub.backup",
        tmp_path / "there",
        age_keys.new_identity(),
    )
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        account = await hub.link()
    keyring, there = data_dir / "keyring.json", {"DATA_DIR": str(restored)}
    opens = {"BACKUP_KEY": str(identity)}

    made = await jackfield("vault", "recovery", "--json")
    again = await jackfield("vault", "recovery")
    await jackfield("backup", str(backup), "--to", str(identity.to_public()))
    kept = keyring.read_bytes()
    key = made.json["recovery_key"]
    taken = await jackfield("vault", "recover", stdin=key)
    keyring.unlink()
    wrong = await jackfield("vault", "recover", stdin=str(identity))
    recovered = await jackfield("vault", "recover", stdin=f"{key}\n")
    from_backup = await jackfield(
        "vault", "recover", "--backup", str(backup), stdin=key, **opens, **there
    )
    restoration = await jackfield("restore", str(backup), **opens, **there)
    async with running_hub(sandbox, data_dir=restored, clock=clock) as hub:
        ran = await hub.run(account, "iterable_list_channels")

    assert made.json["recipient"].startswith("age1")
    assert (again.status, "[recovery_key_exists]" in again.err) == (1, True)
    assert (taken.status, "is taken" in taken.err) == (1, True)
    assert (wrong.status, "[recovery_key_refused]" in wrong.err) == (1, True)
    assert (recovered.status, from_backup.status, restoration.status) == (0, 0, 0), restoration.err
    assert keyring.read_bytes() == kept == (restored / "keyring.json").read_bytes()
    assert ran.status_code == 200, ran.text
    # It is in no file of the hub.
    shutil.copy(data_dir / "jackfield.db", tmp_path / "copy.db")
    assert key.encode() not in (tmp_path / "copy.db").read_bytes()
    assert key.encode() not in kept
