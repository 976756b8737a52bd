"""Moving a keyring to another place, or to another service that wraps it."""

from jackfield.vault.key_services.wrapped_store import WrappedStore
from jackfield.vault.keyring import Keyring, KeyringUnusable
from jackfield.vault.keyring_store import KeyringStore


def moved(keyring: Keyring, source: KeyringStore, target: KeyringStore) -> None:
    """
    Keep `keyring`, which was read from `source`, at `target` too, and see that it is there.

    What is at another place already is never replaced. A wrapped document at the place of the source is
    replaced by the one that the target's service wraps.

    Raises:
        KeyringUnusable: there is one at the target, or it cannot be kept there.
    """
    if target.location == source.location:
        if not (isinstance(source, WrappedStore) and isinstance(target, WrappedStore)):
            msg = f"the keyring is at {target.location!r} already"
            raise KeyringUnusable(msg)
        target.knows(source)
        target.replace(keyring, keyring)
    else:
        if target.revision() is not None:
            msg = f"there is a keyring at {target.location!r} already; move it away, or name another place"
            raise KeyringUnusable(msg)
        target.create(keyring)
    if target.read() != keyring:
        msg = f"the keyring at {target.location!r} is not the one that was moved; do not use it"
        raise KeyringUnusable(msg)
