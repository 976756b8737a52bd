"""
Document of a keyring that a key service wraps: worth nothing without that service.

The keyring is sealed with AES-256-GCM under a data key made for it alone, and the service encrypts
that data key: some services take no more than a few hundred bytes.
"""

import base64
import binascii
import os
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jackfield.vault.key_services.patience import asked
from jackfield.vault.key_services.port import KeyService, KeyServiceRefused, WrappedKey
from jackfield.vault.keyring import KEY_BYTES, Keyring, KeyringUnusable, parse, render

_NONCE_BYTES: Final = 12


class WrappedDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The wrapped keyring: by which kind of service, under which key of it, and the ciphertexts."""

    service: str
    key: str
    wrapped_key: str
    sealed: str
    version: int = 1

    @property
    def bound(self) -> bytes:
        """Return what is authenticated with the keyring, but not secret."""
        return msgspec.json.encode(["jackfield wrapped keyring", self.version, self.service])


def wrapped(keyring: Keyring, scheme: str, service: KeyService) -> bytes:
    """
    Return the document of a keyring under a new data key, which the service was seen to open again.

    Raises:
        KeyServiceAway: the service does not answer.
        KeyServiceRefused: it refuses, or does not open what it wrapped.
    """
    data_key = AESGCM.generate_key(bit_length=KEY_BYTES * 8)
    key = asked(service.title, lambda: service.wrap(data_key))
    # Before it is kept: a key that may encrypt and not decrypt would lose the keyring.
    if asked(service.title, lambda: service.unwrap(key)) != data_key:
        msg = f"{service.title} does not give back what it encrypted"
        raise KeyServiceRefused(msg)
    document = WrappedDocument(
        scheme, key.key, base64.b64encode(key.ciphertext).decode(), sealed=""
    )
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + AESGCM(data_key).encrypt(nonce, render(keyring), document.bound)
    whole = msgspec.structs.replace(document, sealed=base64.b64encode(sealed).decode())
    return msgspec.json.format(msgspec.json.encode(whole)) + b"\n"


def unwrapped(content: bytes, scheme: str, service: KeyService, source: str) -> Keyring:
    """
    Return the keyring of a document; `source` is what messages call its place.

    Raises:
        KeyringUnusable: it is damaged, or another kind of service wrapped it.
        KeyServiceAway: the service does not answer.
        KeyServiceRefused: it does not open the document.
    """
    damaged = KeyringUnusable(f"the wrapped keyring in {source} is damaged; restore its copy")
    document = decoded(content, source)
    if document.service != scheme:
        msg = (
            f"the keyring in {source} was wrapped by {document.service}:, and JACKFIELD_KEYRING "
            f"names {scheme}:; set it to what wrapped it"
        )
        raise KeyringUnusable(msg)
    try:
        key = WrappedKey(base64.b64decode(document.wrapped_key, validate=True), document.key)
        sealed = base64.b64decode(document.sealed, validate=True)
    except binascii.Error:
        raise damaged from None
    data_key = asked(service.title, lambda: service.unwrap(key))
    try:
        opened = AESGCM(data_key).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], document.bound
        )
    except (InvalidTag, ValueError):
        raise damaged from None
    return parse(opened, source)


def decoded(content: bytes, source: str) -> WrappedDocument:
    """
    Return a document without asking its service.

    Raises:
        KeyringUnusable: it is none.
    """
    try:
        return msgspec.json.decode(content, type=WrappedDocument)
    except msgspec.DecodeError:
        # Not chained: the cause could quote a keyring that is not wrapped.
        msg = f"{source} is not a wrapped keyring, or a damaged one"
        raise KeyringUnusable(msg) from None
