"""A trial of a keyring says which keys open nothing, and no more."""

from jackfield.kit.clock import system_clock
from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.secrets.trial import KeyTrial
from jackfield.vault.cipher import Binding, Vault
from jackfield.vault.keyring import Keyring

KEYRING = Keyring.mint(system_clock())
VAULT = Vault(KEYRING)


def sealed(owner: str, vault: Vault = VAULT) -> bytes:
    return vault.seal(Secret("s"), Binding(ProjectId("prj_1"), owner, "key", 1))


def test_one_secret_that_opens_is_enough_for_its_key() -> None:
    trial = KeyTrial(VAULT)
    # Damaged long before the backup: that is the account's trouble, and no reason to refuse all.
    trial.add("prj_1", "another", "key", 1, sealed("acc_1"))
    trial.add("prj_1", "acc_1", "key", 1, sealed("acc_1"))

    assert trial.unopened == []


def test_a_key_of_which_nothing_opens_is_named() -> None:
    other = Keyring.mint(system_clock())
    trial = KeyTrial(VAULT)
    trial.add("prj_1", "acc_1", "key", 1, sealed("acc_1"))
    trial.add("prj_1", "acc_2", "key", 1, sealed("acc_2", Vault(other)))

    assert trial.unopened == [other.current]
