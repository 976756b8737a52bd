"""The words of texts and questions."""

import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from jackfield.search.words import stem

WORDS = [f"{start}{end}" for start in ("hopp", "agre", "conflat", "troubl", "fil", "plast", "relat")
         for end in ("ing", "ed", "ional", "izer", "fulness", "iveness", "ies", "s")]  # fmt: skip


@pytest.fixture
def changing_threads() -> Generator[None]:
    """Let threads take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("changing_threads")
def test_threads_that_stem_at_once_get_the_stems_that_one_alone_gets() -> None:
    once = stem.__wrapped__
    alone = [once(word) for word in WORDS]

    with ThreadPoolExecutor(4) as threads:
        rounds = threads.map(lambda _: [once(word) for word in WORDS], range(40))

    assert all(each == alone for each in rounds)
