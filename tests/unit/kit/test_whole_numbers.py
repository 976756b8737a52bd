"""Whole numbers in what strangers send."""

import pytest

from jackfield.kit.whole_numbers import whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("007", 7),
        ("400", 400),
        ("0" * 5000 + "400", 400),
        ("401", None),
        ("1000", None),
        ("9" * 5000, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        (" 1", None),
        ("1_0", None),
        ("1.0", None),
        ("٣", None),
        ("²", None),
    ],
)
def test_a_number_is_ascii_digits_up_to_the_largest(text: str, number: int | None) -> None:
    assert whole_number(text, most=400) == number
