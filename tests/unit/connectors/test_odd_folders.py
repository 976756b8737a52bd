"""What is in a folder of connectors by mischance is told, and the others are loaded."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.connectors.catalog import Catalog

NAME = "odd.connector.s1.yaml"
_DEEP = 1500


def pipe(folder: Path) -> None:
    os.mkfifo(folder / NAME)


def device(folder: Path) -> None:
    (folder / NAME).symlink_to("/dev/zero")


def no_text(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.connector.s1.yaml")).touch()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (pipe, "The file cannot be read: it is not a regular file."),
        (device, "The file cannot be read: it is not a regular file."),
        (no_text, "The name of the file, or of a folder, is not UTF-8."),
    ],
)
def test_a_file_that_is_none_is_a_finding(
    write: Callable[..., Path],
    tmp_path: Path,
    make: Callable[[Path], None],
    message: str,
) -> None:
    write()
    odd = tmp_path / "odd"
    odd.mkdir()
    make(odd)
    catalog = Catalog([tmp_path], cache=tmp_path / "cache")

    catalog.load()

    assert [each.key for each in catalog.connectors()] == ["acme"]
    (finding,) = catalog.findings
    assert (finding.message, str(finding.file).isprintable()) == (message, True)


def test_folders_may_be_as_deep_as_the_system_lets_them(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    monkeypatch.chdir(tmp_path)
    for _ in range(_DEEP):
        Path("a").mkdir()
        os.chdir("a")
    catalog = Catalog([tmp_path])
    try:
        catalog.load()
    finally:
        # What pytest cleans up with does not go so deep.
        for _ in range(_DEEP):
            os.chdir("..")
            Path("a").rmdir()

    assert [each.key for each in catalog.connectors()] == ["acme"]
