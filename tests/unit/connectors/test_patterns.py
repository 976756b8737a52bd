import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.connectors import patterns


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|aa)*b", "((a*)b)*", "(?:x+x+)+y", "(a?){20}", "([a-z]+)*", r"(\w+\s?){2,}"],
)
def test_a_repeated_group_that_may_match_in_many_ways_is_refused(pattern: str) -> None:
    assert patterns.backtracks(pattern)
    assert "exponential" in (patterns.fault(pattern) or "")


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-f0-9]{32}$",
        r"^\d{4}-\d{2}$",
        "(abc)+",
        "(a+)?",
        "(?:ab){3}",
        r"\(a+\)+",
        "[(a+)]+",
        "a{2}",
    ],
)
def test_ordinary_patterns_are_allowed(pattern: str) -> None:
    assert patterns.fault(pattern) is None


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "*a"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    assert patterns.fault(pattern) == "is not a regular expression"


def test_an_unsafe_pattern_is_never_run() -> None:
    started = time.process_time()

    assert patterns.matches("(a+)+$", "a" * 5000 + "!")
    assert time.process_time() - started < 1


def test_a_value_keeps_no_matcher_busy_whose_pattern_repeats_side_by_side() -> None:
    started = time.perf_counter()

    assert not patterns.matches("^a*a*a*a*a*b$", "a" * 5000)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("pattern", ["(?!x)a*a*a*a*b", "(?=a)a*a*a*a*(?!x)b", "(?:(?=a)a*a*)b"])
def test_a_pattern_that_looks_around_keeps_no_matcher_busy(pattern: str) -> None:
    started = time.process_time()

    assert not patterns.matches(pattern, "a" * 8000)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"^\d+$", "42", True),
        (r"^\d+$", "٤٢", False),
        (r"^\w+$", "straße", False),
        (r"^(?=.*\d)\w+$", "abc1", True),
        (r"^(?=.*\d)\w+$", "abc", False),
    ],
)
def test_a_value_fits_here_as_in_the_browser(pattern: str, text: str, fits: bool) -> None:
    assert patterns.matches(pattern, text) is fits


@given(st.text(alphabet="ab()[]{}|*+?\\^$.,123", max_size=30))
def test_any_text_can_be_judged(text: str) -> None:
    assert patterns.matches(text, "aab(1") in {True, False}
