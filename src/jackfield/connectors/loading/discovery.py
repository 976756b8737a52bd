"""Discovery of connector folders."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

# A main file, or one that was built from a main file and its partials.
_MAIN: Final = re.compile(r".+\.connector\.s1\.yaml|.+_v\d+-\d+-\d+\.s1\.yaml")
_PART: Final = re.compile(r".+\.s1\.(?:partial\.)?yaml")
_BESIDE: Final = re.compile(r"icon\..+|quality\.yaml|signature\.json")
_SKIPPED: Final = frozenset({"node_modules", "__pycache__", "cases"})

# Modification time, size and inode: enough to notice that a file has changed.
Stamp: TypeAlias = tuple[int, int, int]
Signature: TypeAlias = tuple[tuple[str, Stamp], ...]


def own_folder() -> Path:
    """Return the folder of the connectors that come with the hub."""
    package = Path(__file__).parents[2]
    installed = package / "_connectors"
    return installed if installed.is_dir() else package.parents[1] / "connectors"


def is_main(file: Path) -> bool:
    return _MAIN.fullmatch(file.name) is not None


def find_connectors(folder: Path) -> dict[Path, Signature]:
    """
    Return the main file of every connector anywhere below `folder`.

    Each comes with a signature that changes when any file it may be made of does.
    """
    signatures: dict[Path, Signature] = {}
    for place, parts in _walk(folder):
        signature = tuple(sorted(parts.items()))
        for name in parts:
            if _MAIN.fullmatch(name):
                signatures[place / name] = signature
    return dict(sorted(signatures.items()))


def _walk(folder: Path) -> Iterator[tuple[Path, Mapping[str, Stamp]]]:
    """Yield every folder at or below `folder` that has parts of connectors, with their stamps."""
    # No recursion: how deep the folders are is not ours to say.
    left = [folder]
    while left:
        place = left.pop()
        try:
            parts = dict(_entries(place, left))
        except OSError:
            # A folder or file that is deleted meanwhile counts as absent.
            continue
        if parts:
            yield place, parts


def _entries(place: Path, below: list[Path]) -> Iterator[tuple[str, Stamp]]:
    """Yield the parts in a folder, and add the folders in it to those below."""
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    below.append(Path(entry.path))
            elif _PART.fullmatch(entry.name) or _BESIDE.fullmatch(entry.name):
                stat = entry.stat()
                yield entry.name, (stat.st_mtime_ns, stat.st_size, stat.st_ino)
