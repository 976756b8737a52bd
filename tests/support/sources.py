"""The hub's own source and the names of all tests, for what is checked of them: each file is read once."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "jackfield"
_TEST = re.compile(r"^ *(?:async )?def (test_\w+)\(", re.MULTILINE)


def calls(*words: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls in each file that has one of the words, with the path of the file."""
    for path, text in _texts().items():
        if any(word in text for word in words):
            yield from ((path, call) for call in _calls(path))


@cache
def names_of_tests() -> frozenset[str]:
    """Return the names of all tests there are."""
    return frozenset(
        name for file in TESTS.rglob("test_*.py") for name in _TEST.findall(file.read_text("utf-8"))
    )


@cache
def _texts() -> dict[str, str]:
    return {
        str(file.relative_to(SOURCE)): file.read_text("utf-8")
        for file in sorted(SOURCE.rglob("*.py"))
    }


@cache
def _calls(path: str) -> tuple[ast.Call, ...]:
    module = ast.parse(_texts()[path])
    return tuple(node for node in ast.walk(module) if isinstance(node, ast.Call))
