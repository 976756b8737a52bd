"""Keys of a hardware module by PKCS#11, by the client python-pkcs11: `pkcs11:token=…;object=…?module-path=…`."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final
from urllib.parse import unquote

from jackfield.kit.secret import Secret
from jackfield.vault.key_services.port import (
    PURPOSE,
    KeyServiceAway,
    KeyServiceRefused,
    WrappedKey,
    library,
)
from jackfield.vault.key_services.reference import Reference
from jackfield.vault.key_services.wrapped_store import WrappedStore
from jackfield.vault.keyring import KeyringUnusable
from jackfield.vault.keyring_store import Surroundings

_EXPECTED: Final = "token=TOKEN;object=KEY?module-path=/path/of/the/module.so"
_NONCE_BYTES: Final = 12
_BOUND: Final = PURPOSE.encode()
_AWAY: Final = (
    "DeviceError",
    "DeviceMemory",
    "DeviceRemoved",
    "FunctionFailed",
    "HostMemory",
    "SessionCount",
    "TokenNotPresent",
)
_REFUSALS: Final = {
    "EncryptedDataInvalid": "it did not wrap this keyring",
    "EncryptedDataLenRange": "it did not wrap this keyring",
    "MultipleObjectsReturned": "there are several keys of this name",
    "MultipleTokensReturned": "there are several tokens of this name",
    "NoSuchKey": "there is no such secret key on it",
    "NoSuchToken": "there is no such token",
    "PinIncorrect": "the PIN in JACKFIELD_KEYRING_SECRET is wrong",
    "PinInvalid": "the PIN in JACKFIELD_KEYRING_SECRET is wrong",
    "PinLenRange": "the PIN in JACKFIELD_KEYRING_SECRET is wrong",
    "PinLocked": "its PIN is locked after too many wrong ones",
}
# A module is loaded once in a process, and its state is that of all its users.
_alone: Final = Lock()


class Pkcs11:
    """An AES key on a token, which encrypts with AES-GCM and never leaves it."""

    def __init__(self, reference: Reference, secret: Secret | None) -> None:
        parts = [each.partition("=") for each in reference.key.split(";")]
        names = {name: unquote(value) for name, _, value in parts}
        self._module = reference.options.get("module-path", "")
        if names.keys() != {"token", "object"} or not all(names.values()) or not self._module:
            raise reference.unlike(_EXPECTED)
        if secret is None:
            msg = (
                "JACKFIELD_KEYRING: pkcs11: needs the PIN of its token in JACKFIELD_KEYRING_SECRET"
            )
            raise KeyringUnusable(msg)
        self._token, self._object = names["token"], names["object"]
        self._secret = secret
        self._pkcs11 = library("pkcs11")
        self.title = f"the key {self._object!r} of the token {self._token!r}"

    def wrap(self, data_key: bytes) -> WrappedKey:
        nonce = os.urandom(_NONCE_BYTES)
        with self._key() as key:
            sealed = key.encrypt(data_key, mechanism=self._gcm, mechanism_param=self._bound(nonce))
        return WrappedKey(nonce + bytes(sealed), f"token={self._token};object={self._object}")

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        nonce, sealed = wrapped.ciphertext[:_NONCE_BYTES], wrapped.ciphertext[_NONCE_BYTES:]
        with self._key() as key:
            return bytes(
                key.decrypt(sealed, mechanism=self._gcm, mechanism_param=self._bound(nonce))
            )

    @property
    def _gcm(self) -> Any:
        return self._pkcs11.Mechanism.AES_GCM

    def _bound(self, nonce: bytes) -> Any:
        return self._pkcs11.GCMParams(nonce, _BOUND, 128)

    @contextmanager
    def _key(self) -> Generator[Any]:
        """Yield the key in a session that ends with the block; nothing stays signed in."""
        with _alone:
            try:
                token = self._pkcs11.lib(self._module).get_token(token_label=self._token)
                with token.open(user_pin=self._secret.reveal()) as session:
                    yield session.get_key(
                        object_class=self._pkcs11.ObjectClass.SECRET_KEY, label=self._object
                    )
            except self._pkcs11.PKCS11Error as error:
                raise self._failure(type(error).__name__) from None
            finally:
                self._pkcs11.unload(self._module)

    def _failure(self, name: str) -> KeyringUnusable:
        if name == "PKCS11Error":
            return KeyServiceRefused(f"JACKFIELD_KEYRING: {self._module} cannot be loaded")
        if name in _AWAY:
            return KeyServiceAway(f"{self.title} does not do its work now [{name}]")
        why = _REFUSALS.get(name, "it refuses what is asked of it")
        return KeyServiceRefused(f"{self.title} does not open the keyring: {why} [{name}]")


def open_store(rest: str, surroundings: Surroundings) -> WrappedStore:
    reference = Reference.parse("pkcs11", rest, "module-path")
    return WrappedStore(reference, Pkcs11(reference, surroundings.secret), surroundings)
