"""`jackfield audit`: the log of this installation is verified and exported from the shell."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.audit_log import verified_by
from tests.support.backups import RECIPIENT, key_file

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def test_the_log_of_an_installation_is_verified_exported_and_proved_elsewhere(
    jackfield: Command, tmp_path: Path
) -> None:
    await jackfield("keys", "create", "--name", "crm")
    file = tmp_path / "audit.ndjson"

    here = await jackfield("audit", "verify", "--json")
    exported = await jackfield("audit", "export", "-o", str(file))
    again = await jackfield("audit", "export", "-o", str(file))
    keys = await jackfield("audit", "keys")
    there = await jackfield("audit", "verify", str(file))
    other = await jackfield("audit", "verify", str(file), "--key", "00000000:" + "0" * 64)

    assert (here.status, here.json["is_sound"]) == (0, True)
    assert exported.status == 0, exported.err
    assert (again.status, "is there already" in again.err) == (1, True)
    assert there.status == 0, there.err
    assert (other.status, "is not trusted" in other.err) == (1, True)
    assert verified_by(file, dict([keys.out.strip().split(":")])) == ""


async def test_a_changed_record_ends_the_command_with_a_status_and_its_name(
    jackfield: Command, data_dir: Path
) -> None:
    await jackfield("keys", "create", "--name", "crm")
    with closing(sqlite3.connect(data_dir / "jackfield.db")) as database:
        database.execute("update audit_records set body = replace(body, 'crm', 'srm')")
        database.commit()

    plain = await jackfield("audit", "verify")
    as_json = await jackfield("audit", "verify", "--json")

    assert plain.status == 1
    assert "is not what was written [audit_broken]" in plain.err
    assert (as_json.status, as_json.json["is_sound"]) == (1, False)
    assert as_json.json["fault"]["reason"] == "is not what was written"


async def test_verifying_makes_nothing(jackfield: Command, data_dir: Path) -> None:
    before = names_in(data_dir)
    output = str(data_dir / "audit.ndjson")

    for words in (("verify",), ("export", "-o", output), ("keys",)):
        said = await jackfield("audit", *words)
        assert said.status == 1, words

    assert names_in(data_dir) == before


async def test_a_key_that_is_revoked_from_the_shell_is_recorded(
    jackfield: Command,
) -> None:
    made = await jackfield("keys", "create", "--name", "crm", "--json")
    await jackfield("keys", "revoke", made.json["id"])
    exported = await jackfield("audit", "export")

    records = [json.loads(line).get("record") for line in exported.out.splitlines()]
    (found,) = [each for each in records if each and each["kind"] == "key.revoked"]
    assert found["actor"] == {"kind": "command", "id": "keys revoke", "via": None, "name": None}
    assert (found["target"], found["address"]) == (made.json["id"], None)


async def test_a_push_without_a_sink_says_how_to_name_one(jackfield: Command) -> None:
    said = await jackfield("audit", "push")

    assert (said.status, "JACKFIELD_AUDIT_PUSH" in said.err) == (2, True)


def keyring_alone(data_dir: Path, tmp_path: Path) -> str:
    """Make a folder with nothing but the keyring, and return it."""
    folder = tmp_path / "away"
    folder.mkdir()
    shutil.copy(data_dir / "keyring.json", folder)
    return str(folder)


async def has_same_log(jackfield: Command, before: str, **settings: str) -> None:
    """Require that a copy of the database verifies, and has the log byte for byte."""
    verified = await jackfield("audit", "verify", **settings)
    after = await jackfield("audit", "export", **settings)
    assert verified.status == 0, verified.err
    # But for the first line, which says when it was exported, and for the log of the installation,
    # where it says that it was restored.
    is_others = re.compile(r'(?!.*"chain":"installation")').match
    kept, found = (list(filter(is_others, each.splitlines()[1:])) for each in (before, after.out))
    assert kept == found
    assert len(kept) > 1


async def test_a_restored_backup_has_the_log_as_it_was(
    jackfield: Command, data_dir: Path, tmp_path: Path, bare_database_url: str | None
) -> None:
    await jackfield("keys", "create", "--name", "crm-ünï")
    before = await jackfield("audit", "export")
    settings = {"DATA_DIR": keyring_alone(data_dir, tmp_path)}
    if bare_database_url is not None:
        settings["DATABASE_URL"] = bare_database_url

    file, key = str(tmp_path / "hub.backup"), str(key_file(tmp_path))
    await jackfield("backup", file, "--to", RECIPIENT, "--without-logs")
    restored = await jackfield("restore", file, "--key-file", key, **settings)

    assert restored.status == 0, restored.err
    await has_same_log(jackfield, before.out, **settings)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_moved_installation_has_the_log_as_it_was(
    jackfield: Command, database_url: str
) -> None:
    await jackfield("keys", "create", "--name", "crm-ünï")
    before = await jackfield("audit", "export")
    place = {"DATABASE_URL": database_url}

    moved = await jackfield("migrate", "--from=sqlite", "--to=postgresql", **place)

    assert moved.status == 0, moved.err
    await has_same_log(jackfield, before.out, **place)
