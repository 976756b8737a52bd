"""
The recovery key: it opens a copy of the keyring that is kept in the database, and in each backup.

Its public half is in the keyring itself, where who can write to the database cannot change it. The
copy has a new key before anything is sealed under that key.
"""

import asyncio
from dataclasses import replace

from jackfield.kit.errors import HubError
from jackfield.kit.secret import Secret
from jackfield.secrets.keys.copies import keep_copy
from jackfield.secrets.keys.rotation import Rotation
from jackfield.vault import age_keys
from jackfield.vault.keyring import Keyring


class RecoveryKeyExists(HubError):
    """There is a recovery key already."""

    code = "recovery_key_exists"


async def make_recovery_key(rotation: Rotation, *, replaces: bool) -> tuple[Secret, Keyring]:
    """
    Make a recovery key, and return it with the keyring that names it.

    A keyring that cannot be written from here is returned only: its owner puts it in place, and the
    copy is made when the hub starts with it.

    Raises:
        RecoveryKeyExists: there is one, and this is not to replace it.
        RotationRunning: a rotation is on.
        KeyringUnusable: the keyring is not this database's.
    """
    db, store = rotation.db, rotation.store
    async with rotation.alone():
        document = await rotation.checked_keyring()
        if document.recovery is not None and not replaces:
            msg = (
                f"there is a recovery key, of which the public half is {document.recovery}; "
                "--new makes another, and the present one then opens earlier backups only"
            )
            raise RecoveryKeyExists(msg)
        identity = age_keys.new_identity()
        named = replace(document, recovery=str(identity.to_public()))
        if store.status().is_writable:
            await asyncio.to_thread(store.replace, document, named)
            await keep_copy(db, named)
        return Secret(str(identity)), named
