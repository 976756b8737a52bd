"""Each part of each promise has tests, and people are told what is tested."""

import ast
from pathlib import Path

import pytest

from tests.promises import PROMISES, Promise

TESTS = Path(__file__).parents[1]
SECURITY = TESTS.parent / "SECURITY.md"


@pytest.fixture(scope="module")
def names() -> frozenset[str]:
    """Return the names of all tests there are."""
    return frozenset(
        node.name
        for file in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.sentence[:40])
def test_every_word_of_a_promise_has_tests(promise: Promise, names: frozenset[str]) -> None:
    for part in promise.parts:
        assert part.tests, part.words
        assert set(part.tests) <= names, part.words


def test_people_are_promised_what_is_tested_and_nothing_else() -> None:
    text = " ".join(SECURITY.read_text("utf-8").split())

    promised = text.partition("## What Jackfield promises")[2].partition("Each is held by")[0]

    assert promised.strip().removeprefix("* ").split(" * ") == [
        promise.sentence for promise in PROMISES
    ]
