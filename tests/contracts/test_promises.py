"""Each part of each promise has tests, and people are told what is tested."""

import pytest

from tests.promises import PROMISES, Promise
from tests.support.sources import TESTS, names_of_tests

SECURITY = TESTS.parent / "SECURITY.md"


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.sentence[:40])
def test_every_word_of_a_promise_has_tests(promise: Promise) -> None:
    for part in promise.parts:
        assert part.tests, part.words
        assert set(part.tests) <= names_of_tests(), part.words


def test_people_are_promised_what_is_tested_and_nothing_else() -> None:
    text = " ".join(SECURITY.read_text("utf-8").split())

    promised = text.partition("## What Jackfield promises")[2].partition("Each is held by")[0]

    assert promised.strip().removeprefix("* ").split(" * ") == [
        promise.sentence for promise in PROMISES
    ]
