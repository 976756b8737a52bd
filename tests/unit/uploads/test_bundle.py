"""What is taken for the files of a connector, and what is not."""

import contextlib
import io
import random
import stat
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest

from jackfield.uploads.bundle import MOST_BYTES, MOST_FILE_BYTES, from_files, from_zip
from jackfield.uploads.models import InvalidUpload
from tests.support.uploads import CASES, DOCUMENT, MAIN, packed

ICON = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
WHOLE = {MAIN: DOCUMENT, "acme.things.s1.partial.yaml": "[]", "cases/things.yaml": CASES}


def zipped(write: Callable[[zipfile.ZipFile], None]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MAIN, DOCUMENT)
        write(archive)
    return content.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(InvalidUpload) as refused:
        from_zip(content)
    return refused.value.detail


@pytest.mark.parametrize("folder", ["", "acme/", "downloads/acme-main/"])
def test_a_zip_of_the_files_or_of_their_folder_is_taken(folder: str) -> None:
    bundle = from_zip(packed({**WHOLE, "icon.svg": ICON}, folder=folder))

    assert sorted(bundle.files) == sorted([*WHOLE, "icon.svg"])
    assert bundle.main.name == MAIN


def test_what_a_folder_has_beside_the_connector_is_left_out() -> None:
    beside = {"acme/README.md": "#", "acme/.DS_Store": "?", "__MACOSX/acme/._icon.svg": "?"}

    bundle = from_zip(packed({f"acme/{MAIN}": DOCUMENT, **beside}))

    # What the system put beside the folder is no reason to keep the folder in the names.
    assert list(bundle.files) == [MAIN]


@pytest.mark.parametrize(
    "name",
    [
        "../acme.s1.partial.yaml",
        "/etc/acme.s1.partial.yaml",
        "cases/../../acme.yaml",
        "cases\\acme.yaml",
        "C:/acme.s1.partial.yaml",
        "a//b.s1.partial.yaml",
        "./acme.s1.partial.yaml",
        "../README.md",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    told = refusal(zipped(lambda archive: archive.writestr(info, "x")))

    with pytest.raises(InvalidUpload):
        from_files([(MAIN, DOCUMENT.encode()), (name, b"x")])
    assert "leads out of the connector's folder" in told


@pytest.mark.parametrize("name", ["setup.py", "acme.yaml", "sub/acme.s1.yaml", "cases/run.sh"])
def test_a_file_that_is_none_of_a_connectors_is_refused_and_named(name: str) -> None:
    told = refusal(packed({MAIN: DOCUMENT, name: "x"}))

    assert repr(name) in told
    assert "expected the main file" in told


def test_a_link_is_refused() -> None:
    link = zipfile.ZipInfo("acme.things.s1.partial.yaml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert "is a link" in refusal(zipped(lambda archive: archive.writestr(link, "/etc/passwd")))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped(lambda archive: archive.writestr("icon.svg", b"\0" * (64 * 1024 * 1024)))
    tracemalloc.start()

    told = refusal(bomb)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(bomb) < 100_000
    assert "is larger than 2 MB" in told
    assert most < 4 * MOST_FILE_BYTES


def test_a_zip_that_lies_about_its_sizes_unpacks_to_no_more() -> None:
    bomb = bytearray(
        zipped(lambda archive: archive.writestr("icon.svg", b"\0" * (16 * 1024 * 1024)))
    )
    told = (16 * 1024 * 1024).to_bytes(4, "little")
    while (at := bomb.find(told)) >= 0:
        bomb[at : at + 4] = (10).to_bytes(4, "little")

    assert "cannot be read" in refusal(bytes(bomb))


def test_many_files_that_are_too_much_together_are_refused() -> None:
    part = b"#" * (MOST_FILE_BYTES - 1)
    parts = {f"acme.p{n}.s1.partial.yaml": part for n in range(MOST_BYTES // len(part) + 1)}

    assert "MB in all" in refusal(packed({MAIN: DOCUMENT, **parts}))


def test_ten_thousand_files_are_refused() -> None:
    parts = {f"cases/{n}.yaml": "" for n in range(10_000)}

    assert "10,001" in refusal(packed({MAIN: DOCUMENT, **parts}))
    with pytest.raises(InvalidUpload, match="more than 200"):
        from_files((name, b"") for name in parts)


def test_an_encrypted_zip_is_refused() -> None:
    content = bytearray(packed({MAIN: DOCUMENT}))
    # The flag of a password, in the directory and at the file.
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1

    assert "encrypted" in refusal(bytes(content))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all", b"\0" * 5000])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    assert "cannot be read" in refusal(content)


def test_a_zip_that_ends_early_is_refused() -> None:
    whole = packed(WHOLE)
    broken = bytearray(whole)
    broken[60:90] = b"\xff" * 30

    assert "cannot be read" in refusal(whole[: len(whole) // 2])
    assert refusal(bytes(broken))


def test_a_zip_with_any_bytes_changed_is_read_or_refused() -> None:
    whole, chosen = packed(WHOLE), random.Random(5)  # noqa: S311 - so that it repeats
    for _ in range(5000):
        changed = bytearray(whole)
        for _ in range(chosen.choice((1, 1, 2, 8))):
            place = chosen.randrange(len(changed))
            if chosen.random() < 0.8:
                changed[place] = chosen.choice((0, 1, 255, chosen.randrange(256)))
            else:
                del changed[place : place + chosen.randrange(1, 40)]
        with contextlib.suppress(InvalidUpload):
            from_zip(bytes(changed))


def test_files_with_no_main_file_or_two_are_refused() -> None:
    with pytest.raises(InvalidUpload, match="must have one main file"):
        from_files([("acme.things.s1.partial.yaml", b"[]")])
    with pytest.raises(InvalidUpload, match=r"found acme\.connector.*other\.connector"):
        from_files([(MAIN, b""), ("other.connector.s1.yaml", b"")])
    with pytest.raises(InvalidUpload, match="is there twice"):
        from_files([(MAIN, b""), (MAIN, b"")])
