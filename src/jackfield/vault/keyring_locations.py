"""
The kinds of places that `JACKFIELD_KEYRING` can name: a path, or `scheme:…` with a scheme of this list.

A provider is one module with `open_store(rest, surroundings)`, which is imported when it is used.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from jackfield.vault.keyring import KeyringUnusable
from jackfield.vault.keyring_file import FileStore
from jackfield.vault.keyring_store import KeyringStore, Surroundings

# A path with a colon in it begins with something else: `./` if need be.
_SCHEME: Final = re.compile(r"([a-z][a-z0-9-]+):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A kind of place: the module with its `open_store`, and the extra that installs its library."""

    module: str
    extra: str | None = None


SCHEMES: Final[Mapping[str, Scheme]] = {
    "env": Scheme("jackfield.vault.keyring_variable"),
    "passphrase": Scheme("jackfield.vault.key_services.passphrase"),
    "aws-kms": Scheme("jackfield.vault.key_services.aws_kms", extra="aws"),
    "gcp-kms": Scheme("jackfield.vault.key_services.gcp_kms", extra="gcp"),
    "azure-key-vault": Scheme("jackfield.vault.key_services.azure_key_vault", extra="azure"),
    "vault-transit": Scheme("jackfield.vault.key_services.vault_transit", extra="hashicorp"),
    "pkcs11": Scheme("jackfield.vault.key_services.pkcs11", extra="pkcs11"),
}


def is_service(location: str) -> bool:
    """Tell whether a service opens the keyring there, which its client library asks."""
    match = _SCHEME.fullmatch(location)
    return match is not None and match[1] in SCHEMES and SCHEMES[match[1]].extra is not None


def open_store(location: str, surroundings: Surroundings) -> KeyringStore:
    """
    Return the place that a location names; nothing is read yet.

    Raises:
        KeyringUnusable: there is no such kind of place, or its library is not installed.
    """
    match = _SCHEME.fullmatch(location)
    if match is None:
        return FileStore(location)
    name, rest = match.groups()
    if (scheme := SCHEMES.get(name)) is None:
        msg = (
            f"JACKFIELD_KEYRING: there is no kind of keyring {name!r}; it is a path (./{name}:… for "
            f"one with a colon), or begins with {', '.join(f'{each}:' for each in SCHEMES)}"
        )
        raise KeyringUnusable(msg)
    try:
        # Its client library is imported in there.
        store: KeyringStore = import_module(scheme.module).open_store(rest, surroundings)
    except ImportError as error:
        if scheme.extra is None:
            raise
        msg = (
            f"JACKFIELD_KEYRING: {error.name} is not installed; install the packages of "
            f"requirements-{scheme.extra}.lock, or run: pip install 'jackfield[{scheme.extra}]'"
        )
        raise KeyringUnusable(msg) from error
    return store
