"""
Cache of parsed connectors on disk, so that a warm start parses no YAML.

An entry is found by the hash of the text it was made from, so it can be stale in no way but one:
made by another version of this program, which is part of its name. Whatever is wrong with an entry,
it is as if there were none.
"""

import os
import tempfile
from contextlib import suppress
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Final

from jackfield.connectors.loading.includes import Source
from jackfield.connectors.loading.reading import Reading

# Increase it with every change to checks, warnings or defaults between two versions.
_REVISION: Final = 2
_DIGEST_SIZE: Final = 20
_SUFFIX: Final = ".connector"
_VERSION: Final = f"-{version('jackfield')}-{_REVISION}{_SUFFIX}"


class Cache:
    """A folder of entries, one file each; unless it `is_filled`, it is only read."""

    def __init__(self, folder: Path, *, is_filled: bool = True) -> None:
        self.is_filled: Final = is_filled
        self._folder = folder
        self._used: set[Path] = set()

    def is_empty(self) -> bool:
        """Tell whether this version of the program has stored nothing yet."""
        return not any(self._folder.glob(f"*{_VERSION}"))

    def find(self, source: Source) -> Reading | None:
        try:
            raw = self._file(source).read_bytes()
        except OSError:
            return None
        digest, payload = raw[:_DIGEST_SIZE], raw[_DIGEST_SIZE:]
        if _hash(payload) != digest:
            return None
        reading = Reading.unpack(payload)
        if reading is not None:
            self._used.add(self._file(source))
        return reading

    def store(self, source: Source, reading: bytes) -> None:
        """Store the packed reading of `source`; errors of an unwritable folder are ignored."""
        if not self.is_filled:
            return
        with suppress(OSError):
            # What is in it is believed: nobody else is to write there, whatever the umask.
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(_hash(reading) + reading)
            Path(name).replace(self._file(source))
            self._used.add(self._file(source))

    def prune(self) -> None:
        """Delete the entries that were not used since this cache was opened."""
        if not self.is_filled:
            return
        with suppress(OSError):
            for file in self._folder.glob(f"*{_SUFFIX}"):
                if file not in self._used:
                    file.unlink(missing_ok=True)

    def _file(self, source: Source) -> Path:
        files = "\0".join(map(str, source.files))
        key = _hash(f"{files}\0{source.text}".encode())
        return self._folder / f"{key.hex()}{_VERSION}"


def cache_folder(data_dir: Path) -> Path:
    """Return the folder of a hub's cache in its data directory."""
    return data_dir / "cache"


def _hash(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_SIZE).digest()
