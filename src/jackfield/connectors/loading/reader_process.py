"""
Process that reads connectors for another one.

Nodes of YAML and compiled actions take many times the memory of the document that is left, and what
a process has once taken it seldom gives back: a hub that lives long has another process read, and
gets the packed reading. Both ends are here; a message is its length and its bytes.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from jackfield.connectors.loading.cache import Cache
from jackfield.connectors.loading.includes import Source

_MODULE: Final = "jackfield.connectors.loading.reader"
# Given to the module: it reads what comes with the hub before it is asked.
AHEAD: Final = "ahead"
_LENGTH_SIZE: Final = 8
# What else a program may print would be taken for a length.
_LONGEST: Final = 2**28

_source_decoder: Final = msgspec.msgpack.Decoder(Source, dec_hook=lambda _, name: Path(name))


class ReaderProcess:
    """The process, seen from the one it works for: started when it is first asked, if it can be."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = False

    def begin(self, cache: Cache) -> None:
        """
        Have it read the connectors that come with the hub, while this process does other work.

        Only where nothing is in `cache`: otherwise few of them have to be read, if any.
        """
        if cache.is_empty():
            with suppress(OSError):
                self._process = _start(AHEAD)

    def read(self, source: Source) -> bytes | None:
        """Return the packed reading of `source`; none where there can be no such process."""
        if self._is_over:
            return None
        try:
            process = self._process = self._process or _start()
            assert process.stdin is not None
            assert process.stdout is not None
            send(process.stdin, message_of(source))
            reading = receive(process.stdout)
        except (OSError, UnicodeError):
            reading = None
        if reading is None:
            self.close()
        return reading

    def close(self) -> None:
        """End the process, and with it what it holds; nothing is read any more."""
        self._is_over = True
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


def message_of(source: Source) -> bytes:
    return msgspec.msgpack.encode(source, enc_hook=str)


def source_of(message: bytes) -> Source:
    return _source_decoder.decode(message)


def send(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(_LENGTH_SIZE, "big"))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Return the next message, if it comes as a whole."""
    header = stream.read(_LENGTH_SIZE)
    length = int.from_bytes(header, "big")
    if len(header) < _LENGTH_SIZE or length > _LONGEST:
        return None
    message = stream.read(length)
    return message if len(message) == length else None


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-m", _MODULE, *arguments],
        # No more: settings and secrets of the hub are none of its business.
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Whatever is wrong there, the connector is read here, and the error said.
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for the process that serves.
        start_new_session=True,
    )
