"""The files that a connector is read from: those of a folder, or those that were uploaded."""

import errno
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol


class Files(Protocol):
    """Where the loader reads from, and nowhere else."""

    def exists(self, file: Path) -> bool: ...

    def leads_out(self, file: Path, folder: Path) -> bool:
        """Return whether a file is really one outside of its connector's folder."""
        ...

    def size(self, file: Path) -> int:
        """
        Return the number of bytes.

        Raises:
            OSError: there is no such file, or it cannot be read.
        """
        ...

    def read(self, file: Path) -> bytes:
        """
        Return the content.

        Raises:
            OSError: as `size`.
        """
        ...


class FilesOnDisk:
    """The files of this machine."""

    def exists(self, file: Path) -> bool:
        return file.is_file()

    def leads_out(self, file: Path, folder: Path) -> bool:
        return not file.resolve().is_relative_to(folder.resolve())

    def size(self, file: Path) -> int:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            # To read a pipe or a device may have no end.
            raise OSError(errno.EINVAL, "it is not a regular file")
        return found.st_size

    def read(self, file: Path) -> bytes:
        return file.read_bytes()


class FilesInMemory:
    """Files by name: whatever a document names, no file of this machine is among them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files: Final = {Path(name): content for name, content in files.items()}

    def exists(self, file: Path) -> bool:
        return file in self._files

    def leads_out(self, file: Path, folder: Path) -> bool:
        return file.parent != folder

    def size(self, file: Path) -> int:
        return len(self.read(file))

    def read(self, file: Path) -> bytes:
        content = self._files.get(file)
        if content is None:
            raise FileNotFoundError(2, "No such file", str(file))
        return content


ON_DISK: Final = FilesOnDisk()
