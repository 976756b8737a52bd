"""Keys of the vault that the credentials of a database need."""

from collections.abc import Mapping

from jackfield.cli.output import fail
from jackfield.settings import Settings


def require_keys(settings: Settings, proofs: Mapping[str, bytes]) -> None:
    """End the command if the keyring lacks a key that credentials are sealed with."""
    from jackfield.installation import keyring_store  # noqa: PLC0415 - kept out of `--help`
    from jackfield.vault import key_check  # noqa: PLC0415

    location = settings.keyring_location
    if lost := key_check.lost(keyring_store(settings).read(), proofs):
        fail(
            f"credentials of this database are sealed with {', '.join(lost)}, which the keyring "
            f"{location!r} does not have; name theirs with JACKFIELD_KEYRING"
        )
