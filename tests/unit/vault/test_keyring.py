import stat
from pathlib import Path

import pytest

from jackfield.vault import key_check
from jackfield.vault.cipher import Vault
from jackfield.vault.keyring import Keyring, KeyringUnusable
from jackfield.vault.keyring_file import FileStore
from jackfield.vault.keyring_locations import SCHEMES, Scheme, open_store
from jackfield.vault.keyring_store import KeyringChanged, KeyringStore, Surroundings
from tests.support.clock import NOW


def store(location: object, **variables: str) -> KeyringStore:
    return open_store(str(location), Surroundings(variables.get, Path("nowhere")))


def made_in(file: Path) -> Keyring:
    keyring = Keyring.mint(NOW)
    FileStore(str(file)).create(keyring)
    return keyring


def test_a_new_keyring_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"

    made = made_in(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert store(file).read() == made
    assert [each.name for each in tmp_path.iterdir()] == ["keyring.json"]


def test_a_keyring_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"
    made = made_in(file)

    with pytest.raises(KeyringUnusable, match="another process"):
        made_in(file)

    assert store(file).read() == made


def test_a_keyring_that_others_can_read_is_refused_with_the_command_that_helps(
    tmp_path: Path,
) -> None:
    file = tmp_path / "keyring.json"
    made_in(file)
    file.chmod(0o644)

    with pytest.raises(KeyringUnusable, match="chmod 600"):
        store(file).read()


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
        store(file).read()

    assert "c2hvcnQ" not in str(refused.value)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyringUnusable, match="cannot be written"):
        made_in(tmp_path / "missing" / "keyring.json")


def test_a_keyring_can_come_from_an_environment_variable(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"
    made = made_in(file)

    assert store("env:VAULT_KEYS", VAULT_KEYS=file.read_text(encoding="utf-8")).read() == made


def test_a_variable_that_is_not_set_is_refused() -> None:
    with pytest.raises(KeyringUnusable, match="'VAULT_KEYS', which is not set"):
        store("env:VAULT_KEYS").read()


def test_a_keyring_is_replaced_whole_and_only_as_it_was_read(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"
    first, second = made_in(file), Keyring.mint(NOW)
    before = store(file).revision()

    store(file).replace(first, second)
    with pytest.raises(KeyringChanged, match="by another process"):
        store(file).replace(first, Keyring.mint(NOW))

    assert store(file).read() == second
    assert store(file).revision() != before
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["keyring.json"]


def test_a_link_to_a_keyring_stays_a_link_when_it_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    first, link = made_in(tmp_path / "elsewhere" / "keys.json"), tmp_path / "keyring.json"
    link.symlink_to(tmp_path / "elsewhere" / "keys.json")

    store(link).replace(first, second := Keyring.mint(NOW))

    assert link.is_symlink()
    assert store(tmp_path / "elsewhere" / "keys.json").read() == second


def test_a_variable_is_not_written(tmp_path: Path) -> None:
    place = store("env:VAULT_KEYS", VAULT_KEYS="{}")

    with pytest.raises(KeyringUnusable, match="another start"):
        place.replace(Keyring.mint(NOW), Keyring.mint(NOW))
    assert not place.status().is_writable
    assert store(tmp_path / "keyring.json").status().is_writable


def test_an_unknown_kind_of_place_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(KeyringUnusable, match=r"no kind of keyring 'kms'.* env:"):
        store("kms:alias/hub")


def test_a_provider_whose_library_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = {**SCHEMES, "kms": Scheme("no_such_library", extra="kms")}
    monkeypatch.setattr("jackfield.vault.keyring_locations.SCHEMES", missing)

    with pytest.raises(KeyringUnusable, match=r"pip install 'jackfield\[kms\]'"):
        store("kms:alias/hub")


def test_the_keyring_that_sealed_proves_itself_and_no_other_does() -> None:
    ours, other = Keyring.mint(NOW), Keyring.mint(NOW)
    proofs = {ours.current: key_check.make(ours, ours.current)}

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
        made_in(tmp_path / "keyring.json")

    assert [each.name for each in tmp_path.iterdir()] == ["keyring.json"]
