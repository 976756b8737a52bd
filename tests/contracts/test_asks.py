"""The page of what operators ask for names tests that there are, and a reason where there is none."""

import re

import pytest

from tests.support.sources import TESTS, names_of_tests

PAGE = TESTS.parent / "docs" / "operating" / "asks.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text("utf-8").splitlines()
    if line.startswith("|") and "`" in line
]


def test_every_ask_is_there() -> None:
    text = PAGE.read_text("utf-8")

    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == [str(each) for each in range(1, 16)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_tests_that_hold_an_answer_exist(row: list[str]) -> None:
    assert set(re.findall(r"`(test_\w+)`", row[-1])) <= names_of_tests()


def test_an_ask_that_no_test_holds_says_why() -> None:
    text = PAGE.read_text("utf-8").partition("## Next in line")[0]
    untested = [line for line in text.splitlines() if re.match(r"\| \d+ \|.*\| \|$", line)]

    assert all("No test: " in line for line in untested)
