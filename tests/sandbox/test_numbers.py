"""Numbers in texts of requests, however long or strange they are."""

import pytest

from jackfield.sandbox.numbers import is_number


@pytest.mark.parametrize("value", ["0", "25", "9" * 18])
def test_digits_are_a_number(value: str) -> None:
    assert is_number(value)
    assert int(value) >= 0


@pytest.mark.parametrize(
    "value", ["", "-1", "1.5", " 1", "1\n", "²", "٣", "x", "9" * 19, "9" * 5000]
)
def test_what_is_none_is_refused_before_it_is_read(value: str) -> None:
    assert not is_number(value)
