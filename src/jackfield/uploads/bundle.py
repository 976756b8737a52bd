"""The files of one connector as they are uploaded: one by one, or as a zip."""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final, NoReturn

from jackfield.connectors.loading.discovery import is_main
from jackfield.kit.errors import Fault
from jackfield.uploads.models import InvalidUpload

MOST_FILES: Final = 200
MOST_FILE_BYTES: Final = 2 * 1024 * 1024
MOST_BYTES: Final = 4 * 1024 * 1024
CASES: Final = "cases/"
_LONGEST_NAME: Final = 120
_NAME: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*\.s1\.(?:partial\.)?yaml"
    r"|icon\.(?:svg|png|jpe?g|gif|webp)"
    r"|quality\.yaml|signature\.json"
    r"|cases/[A-Za-z0-9][A-Za-z0-9._-]*\.yaml"
)
# What belongs to the folder of a connector, or to the system it was packed on, and does not run.
_LEFT_OUT: Final = re.compile(r"(?:.*/)?(?:\.[^/]*|[^/]+\.(?:md|txt)|__MACOSX/.*)")
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_PASSWORD: Final = 0x1
# What the library says of bytes that are no zip: also where an offset leads before its beginning
# (ValueError), and of a version that it does not know (NotImplementedError).
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    ValueError,
)
_HOW: Final = (
    "expected the main file (*.connector.s1.yaml), partials (*.s1.partial.yaml), an icon (icon.svg), "
    "a quality statement (quality.yaml), a signature (signature.json) and cases (cases/*.yaml)"
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a connector by name; a case's begins with `cases/`, no other has a folder."""

    files: Mapping[str, bytes]

    @property
    def main(self) -> Path:
        return Path(next(name for name in self.files if is_main(Path(name))))

    @property
    def size(self) -> int:
        return sum(map(len, self.files.values()))


def from_files(files: Iterable[tuple[str, bytes]]) -> Bundle:
    """
    Take files by name.

    Raises:
        InvalidUpload: they are not those of one connector; every reason is named.
    """
    kept: dict[str, bytes] = {}
    faults: list[Fault] = []
    for name, content in files:
        if len(kept) >= MOST_FILES:
            faults.append(Fault("files", f"are more than {MOST_FILES}"))
            break
        if fault := _fault_of_name(name) or _fault_of_size(content):
            faults.append(Fault(_shown(name), fault))
        elif name in kept:
            faults.append(Fault(_shown(name), "is there twice"))
        elif not _LEFT_OUT.fullmatch(name):
            kept[name] = content
    mains = [name for name in kept if is_main(Path(name))]
    if not faults and len(mains) != 1:
        found = f"; found {', '.join(mains)}" if mains else ""
        faults.append(Fault("files", f"must have one main file, *.connector.s1.yaml{found}"))
    if sum(map(len, kept.values())) > MOST_BYTES:
        faults.append(Fault("files", f"are more than {MOST_BYTES // 1024**2} MB in all"))
    if faults:
        raise InvalidUpload(faults=faults)
    return Bundle(dict(sorted(kept.items())))


def from_zip(content: bytes) -> Bundle:
    """
    Take the files of a zip, all of which may be in one folder.

    No more is unpacked than the bounds allow, whatever the zip says of itself.

    Raises:
        InvalidUpload: it is no zip, or its files are not those of one connector.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            unpacked = list(_unpacked(archive))
    except _UNREADABLE as error:
        msg = f"the zip cannot be read: {error or 'it ends early'}"
        raise InvalidUpload(msg) from error
    return from_files(_without_folder(unpacked))


def _unpacked(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    entries = [each for each in archive.infolist() if not each.filename.endswith("/")]
    if len(entries) > MOST_FILES:
        _refuse("files", f"are {len(entries):,}, and at most {MOST_FILES} may be")
    left = MOST_BYTES
    for entry in entries:
        name = entry.filename
        if fault := _fault_of_path(name):
            _refuse(_shown(name), fault)
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            _refuse(_shown(name), "is a link or a device, and no file")
        if entry.flag_bits & _PASSWORD or entry.compress_type not in _METHODS:
            _refuse(_shown(name), "is encrypted, or packed in another way than deflate")
        if _LEFT_OUT.fullmatch(name):
            continue
        with archive.open(entry) as file:
            # One byte more tells that it is too large.
            unpacked = file.read(min(left, MOST_FILE_BYTES) + 1)
        if fault := _fault_of_size(unpacked):
            _refuse(_shown(name), fault)
        left -= len(unpacked)
        if left < 0:
            _refuse("files", f"are more than {MOST_BYTES // 1024**2} MB in all, unpacked")
        yield name, unpacked


def _without_folder(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Take away the folder that the main file is in, if everything is in it."""
    mains = [name for name, _ in files if is_main(Path(name))]
    folder = f"{PurePosixPath(mains[0]).parent}/" if len(mains) == 1 and "/" in mains[0] else ""
    if not all(name.startswith(folder) for name, _ in files):
        return files
    return [(name.removeprefix(folder), content) for name, content in files]


def _fault_of_path(name: str) -> str | None:
    parts = name.split("/")
    if (
        "\\" in name
        or "\0" in name
        or ":" in name
        or any(each in ("", ".", "..") for each in parts)
    ):
        return "leads out of the connector's folder"
    return None


def _fault_of_name(name: str) -> str | None:
    if fault := _fault_of_path(name):
        return fault
    if len(name) > _LONGEST_NAME:
        return f"is longer than {_LONGEST_NAME} characters"
    if not _NAME.fullmatch(name) and not _LEFT_OUT.fullmatch(name):
        return f"is no file of a connector: {_HOW}"
    return None


def _fault_of_size(content: bytes) -> str | None:
    if len(content) > MOST_FILE_BYTES:
        return f"is larger than {MOST_FILE_BYTES // 1024**2} MB"
    return None


def _shown(name: str) -> str:
    return repr(name[:_LONGEST_NAME])


def _refuse(path: str, message: str) -> NoReturn:
    raise InvalidUpload(faults=[Fault(path, message)])
