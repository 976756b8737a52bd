"""The copy of the keyring that the recovery key opens, in the database."""

from jackfield.db.tx import Database
from jackfield.secrets.keys.repo import find_recovery, keep_recovery
from jackfield.vault.keyring import Keyring, KeyringUnusable
from jackfield.vault.recovery_copy import encrypted_copy


async def refresh_copy(db: Database, keyring: Keyring) -> None:
    """Keep a copy with keys that the present one does not have; a machine behind changes nothing."""
    if keyring.recovery is None:
        return
    kept = await find_recovery(db)
    if kept is None or (kept.recipient == keyring.recovery and keyring.ids - kept.keys):
        await keep_copy(db, keyring)


async def keep_copy(db: Database, keyring: Keyring) -> None:
    """Keep a copy of a keyring in place of the present one."""
    if keyring.recovery is not None:
        await keep_recovery(db, keyring.recovery, keyring.ids, encrypted_copy(keyring))


async def find_copy(db: Database) -> bytes:
    """
    Return the copy of the keyring.

    Raises:
        KeyringUnusable: there is none.
    """
    kept = await find_recovery(db)
    if kept is None:
        msg = "this database has no copy of its keyring; it had no recovery key"
        raise KeyringUnusable(msg)
    return kept.copy
