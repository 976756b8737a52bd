"""
Port of a key service: what encrypts a data key and decrypts it again, and the ways it fails.

A service is asked when a process starts and when the keyring is written, never for a credential.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Protocol

from jackfield.vault.keyring import KeyringUnusable

# Bound to what is wrapped, by the services that can: ciphertext of another purpose does not open.
PURPOSE: Final = "jackfield keyring"
# For one request, in seconds.
CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 5.0
TOO_MANY_REQUESTS: Final = 429
SERVER_FAULT: Final = 500


class KeyServiceAway(KeyringUnusable):
    """The service that wraps the keyring does not answer."""

    code = "key_service_away"
    status = 503
    retryable = True
    retry_after = 2


class KeyServiceRefused(KeyringUnusable):
    """The service that wraps the keyring does not open it."""

    code = "key_service_refused"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key that a service encrypted; `key` names the key, and its version, that did so."""

    ciphertext: bytes
    key: str


class KeyService(Protocol):
    """A key of a service. Its `title` is what messages call it, and holds nothing secret."""

    title: str

    def wrap(self, data_key: bytes) -> WrappedKey:
        """
        Encrypt `data_key` under the newest version of the key.

        Raises:
            KeyServiceAway: it may do so later.
            KeyServiceRefused: it will not.
        """
        ...

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        """
        Decrypt a data key, which an older version of the key may have encrypted.

        Raises:
            KeyServiceAway: it may do so later.
            KeyServiceRefused: it will not.
        """
        ...


def library(name: str) -> Any:
    """Import a module of a client library when a key service is used: no other hub needs it."""
    return import_module(name)
