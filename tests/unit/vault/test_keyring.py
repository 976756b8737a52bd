import stat
from pathlib import Path

import pytest

from jackfield.vault import key_check, keyring
from jackfield.vault.cipher import Vault
from jackfield.vault.keyring import Keyring, KeyringUnusable
from tests.support.clock import NOW


def no_variable(_name: str) -> str | None:
    return None


def test_a_new_keyring_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"

    made = keyring.create(str(file), NOW)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keyring.find(str(file), no_variable) == made
    assert [each.name for each in tmp_path.iterdir()] == ["keyring.json"]


def test_a_keyring_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"
    made = keyring.create(str(file), NOW)

    with pytest.raises(KeyringUnusable, match="another process"):
        keyring.create(str(file), NOW)

    assert keyring.find(str(file), no_variable) == made


def test_a_keyring_that_others_can_read_is_refused_with_the_command_that_helps(
    tmp_path: Path,
) -> None:
    file = tmp_path / "keyring.json"
    keyring.create(str(file), NOW)
    file.chmod(0o644)

    with pytest.raises(KeyringUnusable, match="chmod 600"):
        keyring.find(str(file), no_variable)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"current": "00000000", "keys": []}',
        (
            '{"current": "00000000", "keys":'
            ' [{"id": "00000000", "key": "c2hvcnQ=", "created_at": "2026-03-01T09:30:00Z"}]}'
        ),
        (
            '{"current": "zz", "keys":'
            ' [{"id": "zz", "key": "!", "created_at": "2026-03-01T09:30:00Z"}]}'
        ),
    ],
)
def test_a_damaged_keyring_is_refused_and_not_quoted(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keyring.json"
    file.write_text(content, encoding="utf-8")
    file.chmod(0o600)

    with pytest.raises(KeyringUnusable, match="is damaged") as refused:
        keyring.find(str(file), no_variable)

    assert "c2hvcnQ" not in str(refused.value)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyringUnusable, match="cannot be written"):
        keyring.create(str(tmp_path / "missing" / "keyring.json"), NOW)


def test_a_keyring_can_come_from_an_environment_variable(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"
    made = keyring.create(str(file), NOW)
    variables = {"VAULT_KEYS": file.read_text(encoding="utf-8")}

    assert keyring.find("env:VAULT_KEYS", variables.get) == made


def test_a_variable_that_is_not_set_is_refused() -> None:
    with pytest.raises(KeyringUnusable, match="'VAULT_KEYS', which is not set"):
        keyring.find("env:VAULT_KEYS", no_variable)


def test_the_keyring_that_sealed_proves_itself_and_no_other_does() -> None:
    ours, other = Keyring.mint(NOW), Keyring.mint(NOW)
    proofs = {ours.current: key_check.make(Vault(ours), ours.current)}

    key_check.check(Vault(ours), proofs, "keyring.json")
    with pytest.raises(KeyringUnusable, match=f"sealed with key {ours.current}"):
        key_check.check(Vault(other), proofs, "keyring.json")


def test_a_key_does_not_show_itself() -> None:
    key = Keyring.mint(NOW).keys[0]

    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)


def test_a_keyring_that_cannot_be_made_leaves_no_draft_of_its_keys(tmp_path: Path) -> None:
    (tmp_path / "keyring.json").symlink_to(tmp_path / "elsewhere.json")

    with pytest.raises(KeyringUnusable):
        keyring.create(str(tmp_path / "keyring.json"), NOW)

    assert [each.name for each in tmp_path.iterdir()] == ["keyring.json"]
