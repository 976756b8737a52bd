import os
import stat
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from jackfield.connectors import yaml
from jackfield.connectors.loading.cache import Cache
from jackfield.connectors.loading.loader import load
from tests.unit.connectors.conftest import MAIN

Write = Callable[..., Path]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def test_what_was_read_before_is_not_parsed_again(
    write: Write, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(MAIN.replace("method: get", "method: get\n            body: 1"))
    first = load(file, cache=cache)
    monkeypatch.delattr(yaml, "parse")

    second = load(file, cache=cache)

    assert second.compilation.document == first.compilation.document
    assert second.findings == first.findings != ()


def test_a_change_is_seen_in_the_main_file_and_in_partials(write: Write, cache: Cache) -> None:
    before = load(write(MAIN + "  - $ref: acme.p\n", p=""), cache=cache)

    main = load(
        write(MAIN.replace("title: Acme", "title: Other") + "  - $ref: acme.p\n"), cache=cache
    )
    partial = load(write(MAIN + "  - $ref: acme.p\n", p="# a remark\n"), cache=cache)

    assert (before.title, main.title, partial.title) == ("Acme", "Other", "Acme")


def test_a_cache_that_is_not_filled_is_read_and_left_as_it_is(
    write: Write, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(write(), cache=cache)
    before = [*(tmp_path / "cache").iterdir()]
    read_only = Cache(tmp_path / "cache", is_filled=False)

    load(write(MAIN.replace("title: Acme", "title: Other")), cache=read_only)
    read_only.prune()
    monkeypatch.delattr(yaml, "parse")

    assert load(write(), cache=read_only).title == "Acme"
    assert [*(tmp_path / "cache").iterdir()] == before


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 500])
def test_a_damaged_entry_is_read_anew(
    write: Write, cache: Cache, tmp_path: Path, damage: bytes
) -> None:
    file = write()
    load(file, cache=cache)
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_bytes(damage)

    assert load(file, cache=cache).title == "Acme"
    assert len(entry.read_bytes()) > 500


def test_nobody_else_can_put_an_entry_into_the_cache(
    write: Write, cache: Cache, tmp_path: Path
) -> None:
    umask = os.umask(0)
    try:
        load(write(), cache=cache)
    finally:
        os.umask(umask)

    (entry,) = (tmp_path / "cache").iterdir()
    assert [stat.S_IMODE(each.stat().st_mode) for each in (entry.parent, entry)] == [0o700, 0o600]


def test_a_folder_that_cannot_be_written_to_keeps_nothing(write: Write, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file", encoding="utf-8")

    assert load(write(), cache=Cache(blocked)).title == "Acme"


def test_entries_that_nobody_asks_for_are_pruned(write: Write, tmp_path: Path) -> None:
    load(write(MAIN.replace("title: Acme", "title: Old")), cache=Cache(tmp_path / "cache"))
    cache = Cache(tmp_path / "cache")
    load(write(), cache=cache)

    cache.prune()

    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_entries_of_another_version_count_for_nothing_and_go(
    write: Write, cache: Cache, tmp_path: Path
) -> None:
    assert cache.is_empty()
    load(write(), cache=cache)
    assert not cache.is_empty()
    (entry,) = (tmp_path / "cache").iterdir()
    entry.rename(entry.with_name(entry.name.replace(version("jackfield"), "0.0.9")))

    assert cache.is_empty()
    cache.prune()
    assert list((tmp_path / "cache").iterdir()) == []
