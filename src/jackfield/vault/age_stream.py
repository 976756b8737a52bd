"""
Streams encrypted with age, a public file format, while they are written and read.

age seals a stream in pieces whose order and end are authenticated: what was cut off, put in another
order or changed is found at the piece concerned.
"""

import errno
import os
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Final

import pyrage

from jackfield.kit.errors import HubError
from jackfield.vault.age_keys import Identity, Recipient

# What age says when none of the keys is meant; also if the line with the recipients is damaged.
_NOT_MEANT: Final = "No matching keys"


class StreamBroken(HubError):
    """The backup is damaged or incomplete."""

    code = "backup_damaged"


class KeyRefused(HubError):
    """The key or passphrase does not open this backup."""

    code = "backup_key_refused"


@contextmanager
def encrypted(file: IO[bytes], recipients: Sequence[Recipient]) -> Generator[IO[bytes]]:
    """
    Yield a file; what is written to it is encrypted into `file`.

    Raises:
        OSError: `file` cannot be written.
    """
    read_end, write_end = os.pipe()
    sink = _Sink(file)

    def encrypt() -> None:
        with os.fdopen(read_end, "rb") as plain:
            pyrage.encrypt_io(plain, sink, recipients)

    work = _Work(encrypt)
    try:
        with os.fdopen(write_end, "wb") as plain:
            yield plain
    except BrokenPipeError:
        # The other side has ended: why is what it says.
        work.join()
        raise sink.failure or OSError(errno.EIO, "the backup could not be encrypted") from None
    finally:
        work.join()
    # Of a stream that is shorter than its buffer, age does not pass on what it meets at the end.
    if failure := sink.failure or work.failure:
        raise failure


@contextmanager
def decrypted(file: IO[bytes], identities: Sequence[Identity]) -> Generator[IO[bytes]]:
    """
    Yield a file to read what is encrypted in `file`; it is read to its end when the block ends.

    Raises:
        KeyRefused: no identity opens it.
        StreamBroken: it is not as it was written. Said at the end of the block, also in place of
            what the block raises about content that ends early.
    """
    read_end, write_end = os.pipe()

    def decrypt() -> None:
        with os.fdopen(write_end, "wb") as plain:
            pyrage.decrypt_io(file, plain, identities)

    work = _Work(decrypt)
    is_whole = False
    try:
        with os.fdopen(read_end, "rb") as plain:
            yield plain
            # The last piece says that it is the last.
            while plain.read(1 << 16):
                pass
            is_whole = True
    except Exception:
        work.join()
        if _is_about(work.failure):
            raise _translated(work.failure) from None
        raise
    finally:
        work.join()
    if is_whole and work.failure is not None:
        raise _translated(work.failure)


class _Sink:
    """Writes to a file, and keeps what it raises: age passes on its text alone."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.failure: OSError | None = None

    def write(self, content: bytes) -> int:
        try:
            return self._file.write(content)
        except OSError as error:
            self.failure = error
            raise

    def flush(self) -> None:
        with suppress(ValueError):
            self._file.flush()


class _Work:
    """A thread that keeps what its function raised."""

    def __init__(self, function: Callable[[], None]) -> None:
        self.failure: BaseException | None = None
        self._function = function
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        try:
            self._function()
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
            self.failure = error


def _is_about(failure: BaseException | None) -> bool:
    """Tell whether the content is to blame, not that its reader stopped early."""
    return failure is not None and "Broken pipe" not in str(failure)


def _translated(failure: BaseException | None) -> HubError:
    if isinstance(failure, pyrage.DecryptError) and str(failure).startswith(_NOT_MEANT):
        return KeyRefused("the key does not open this backup; use that of one of its recipients")
    return StreamBroken(
        "the backup is damaged or incomplete; nothing of it can be trusted: use another one"
    )
