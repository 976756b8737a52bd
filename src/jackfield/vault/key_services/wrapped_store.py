"""The keyring as a wrapped document, in a file or a variable, with the service that opens it."""

from collections.abc import Hashable
from typing import Final

from jackfield.vault.key_services.port import KeyService
from jackfield.vault.key_services.reference import Reference
from jackfield.vault.key_services.wrapped_document import decoded, unwrapped, wrapped
from jackfield.vault.keyring import Keyring, KeyringUnusable
from jackfield.vault.keyring_file import SecretFile
from jackfield.vault.keyring_store import StoreStatus, Surroundings

_VARIABLE: Final = "env:"


class WrappedStore:
    """A wrapped document at its place. Asks the service to read it, and to write it."""

    def __init__(
        self, reference: Reference, service: KeyService, surroundings: Surroundings
    ) -> None:
        self._scheme = reference.scheme
        self._service = service
        self.location = self._place = surroundings.wrapped_keyring
        self._variable = surroundings.variable
        # What was opened last: the same document is not asked for again.
        self.last_opened: tuple[bytes, Keyring] | None = None
        self._file = None if self._place.startswith(_VARIABLE) else SecretFile(self._place)

    def read(self) -> Keyring | None:
        content = self._content()
        return None if content is None else self._opened(content)

    def create(self, keyring: Keyring) -> None:
        self._writable().create(self.document(keyring))

    def replace(self, old: Keyring, new: Keyring) -> None:
        # Asked before the lock is taken: a slow service keeps no other process waiting.
        content = self.document(new)
        before = self._content()
        is_old = before is not None and self._opened(before) == old
        self._writable().replace(lambda found: is_old and found == before, content)

    def knows(self, other: "WrappedStore") -> None:
        """Take over what another service opened at the same place, to wrap it anew."""
        self.last_opened = other.last_opened

    def revision(self) -> Hashable:
        return None if self._file is None else self._file.revision()

    def document(self, keyring: Keyring) -> bytes:
        return wrapped(keyring, self._scheme, self._service)

    def status(self) -> StoreStatus:
        content = self._content()
        key = "" if content is None else decoded(content, repr(self._place)).key
        details = {"service": self._service.title, "document": self._place, "wrapped_by": key}
        writable = self._file is not None and self._file.is_writable()
        return StoreStatus(self._scheme, is_writable=writable, details=details)

    def _content(self) -> bytes | None:
        if self._file is not None:
            return self._file.read()
        name = self._place.removeprefix(_VARIABLE)
        if not (text := self._variable(name)):
            msg = (
                f"JACKFIELD_WRAPPED_KEYRING names the environment variable {name!r}, which is not "
                "set"
            )
            raise KeyringUnusable(msg)
        return text.encode()

    def _opened(self, content: bytes) -> Keyring:
        if self.last_opened is None or self.last_opened[0] != content:
            keyring = unwrapped(content, self._scheme, self._service, repr(self._place))
            self.last_opened = content, keyring
        return self.last_opened[1]

    def _writable(self) -> SecretFile:
        if self._file is None:
            msg = (
                f"the wrapped keyring is in the variable {self._place.removeprefix(_VARIABLE)!r}, "
                "which only another start of the hub can change"
            )
            raise KeyringUnusable(msg)
        return self._file
