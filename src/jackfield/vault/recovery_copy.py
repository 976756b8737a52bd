"""A copy of the keyring that only the recovery key opens: the document, encrypted with age."""

import pyrage

from jackfield.kit.errors import HubError
from jackfield.kit.secret import Secret
from jackfield.vault.age_keys import identities, recipient
from jackfield.vault.keyring import Keyring, parse, render


class RecoveryKeyRefused(HubError):
    """The recovery key does not open the copy of the keyring."""

    code = "recovery_key_refused"


def encrypted_copy(keyring: Keyring) -> bytes:
    """Return a copy of a keyring that its recovery key opens."""
    assert keyring.recovery is not None, "the keyring names a recovery key"
    return pyrage.encrypt(render(keyring), [recipient(keyring.recovery)])


def opened_copy(copy: bytes, key: Secret) -> Keyring:
    """
    Return the keyring in a copy.

    Raises:
        RecoveryKeyRefused: it is another recovery key's, or damaged.
        InvalidKey: the text is no key of age.
    """
    try:
        content = pyrage.decrypt(copy, identities(key))
    except pyrage.DecryptError:
        # Not chained: what it says is about the key.
        msg = "this recovery key does not open the copy of the keyring; it may be of another hub"
        raise RecoveryKeyRefused(msg) from None
    return parse(content, "the copy")
