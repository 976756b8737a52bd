"""The keyring in a file beside the database, readable by its owner alone."""

import fcntl
import os
import secrets
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from jackfield.vault.keyring import Keyring, KeyringUnusable, parse, render
from jackfield.vault.keyring_store import KeyringChanged, StoreStatus

_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077


class SecretFile:
    """A file of a few secret bytes: private to its owner, and written whole or not at all."""

    def __init__(self, location: str) -> None:
        self.location = location

    def read(self) -> bytes | None:
        """
        Return its content, or `None` if it is not there.

        Raises:
            KeyringUnusable: it cannot be read, or others can read it.
        """
        file = Path(self.location)
        try:
            mode = file.stat().st_mode
            content = file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            msg = f"the keyring {self.location!r} cannot be read: {error.strerror}"
            raise KeyringUnusable(msg) from error
        if mode & _OTHERS:
            msg = (
                f"the keyring {self.location!r} can be read by other users; run: "
                f"chmod 600 {self.location}"
            )
            raise KeyringUnusable(msg)
        return content

    def create(self, content: bytes) -> None:
        """
        Make the file; one that is there is never replaced.

        Raises:
            KeyringUnusable: it cannot be written, or is there.
        """
        try:
            with _draft(Path(self.location), content) as draft:
                # A link, not a rename: atomic, and it never replaces another file.
                os.link(draft, self.location)
        except FileExistsError as error:
            msg = f"another process has just made the keyring {self.location!r}; start again"
            raise KeyringUnusable(msg) from error
        except OSError as error:
            raise self._not_written(error) from error

    def replace(self, is_expected: Callable[[bytes | None], bool], content: bytes) -> None:
        """
        Replace the file, if what is there is as expected.

        Raises:
            KeyringChanged: it is not.
            KeyringUnusable: it cannot be written.
        """
        # What a link points to, as the link is how its owner wants it.
        target = Path(self.location).resolve()
        try:
            with _alone(target.parent):
                if not is_expected(self.read()):
                    msg = f"the keyring {self.location!r} was changed by another process meanwhile"
                    raise KeyringChanged(msg)
                with _draft(target, content) as draft:
                    draft.replace(target)
        except OSError as error:
            raise self._not_written(error) from error

    def revision(self) -> Hashable:
        try:
            found = Path(self.location).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            msg = f"the keyring {self.location!r} cannot be read: {error.strerror}"
            raise KeyringUnusable(msg) from error
        return found.st_ino, found.st_mtime_ns, found.st_size

    def is_writable(self) -> bool:
        return os.access(Path(self.location).resolve().parent, os.W_OK)

    def _not_written(self, error: OSError) -> KeyringUnusable:
        return KeyringUnusable(f"the keyring {self.location!r} cannot be written: {error.strerror}")


class FileStore:
    """The document in clear, in a file of mode 0600."""

    def __init__(self, location: str) -> None:
        self.location = location
        self._file = SecretFile(location)

    def read(self) -> Keyring | None:
        content = self._file.read()
        return None if content is None else parse(content, repr(self.location))

    def create(self, keyring: Keyring) -> None:
        self._file.create(self.document(keyring))

    def replace(self, old: Keyring, new: Keyring) -> None:
        def is_expected(content: bytes | None) -> bool:
            return content is not None and parse(content, repr(self.location)) == old

        self._file.replace(is_expected, self.document(new))

    def revision(self) -> Hashable:
        return self._file.revision()

    def document(self, keyring: Keyring) -> bytes:
        return render(keyring)

    def status(self) -> StoreStatus:
        return StoreStatus(
            "file", is_writable=self._file.is_writable(), details={"path": self.location}
        )


@contextmanager
def _draft(target: Path, content: bytes) -> Generator[Path]:
    """Yield a file with the content, to be given its name in the block, and put that on disk."""
    # Under a random name, and never through a file or link that is there already.
    draft = target.with_name(f"{target.name}.{secrets.token_hex(8)}.new")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "wb") as file:
            _give_to_owner_of(target, handle)
            file.write(content)
            file.flush()
            os.fsync(handle)
        yield draft
        # On disk before anything is sealed, since losing it loses all that is sealed under it.
        _sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def _give_to_owner_of(target: Path, handle: int) -> None:
    """Keep the owner of a file that is replaced: root may do so for the hub's user."""
    try:
        was, now = target.stat(), os.fstat(handle)
    except FileNotFoundError:
        return
    if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        os.fchown(handle, was.st_uid, was.st_gid)


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Keep other processes that replace a file here waiting."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
