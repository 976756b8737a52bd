"""The words that accounts are found by."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.accounts.words.text import LONGEST_WORD, MOST_WORDS, prefix_range, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zoë Brückner GmbH", ["zoe", "bruckner", "gmbh"]),
        ("ada@love-lace.example", ["ada", "love", "lace", "example"]),
        ("Straße ﬁne", ["strasse", "fine"]),
        ("東京 Tower", ["東", "京", "tower"]),
        ("İstanbul", ["istanbul"]),
        ("Ещё", ["еще"]),
        (" … ", []),
    ],
)
def test_a_text_is_words_without_case_accents_and_punctuation(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_words_are_different_and_as_many_and_as_long_as_are_kept() -> None:
    found = words_of(" ".join(f"w{number}" for number in range(MOST_WORDS * 2)), "w1 w2")

    assert found == [f"w{number}" for number in range(MOST_WORDS)]
    assert words_of("a" * 1000) == ["a" * LONGEST_WORD]


@pytest.mark.slow
@settings(max_examples=50)
@given(st.text(), st.integers(0, 20))
def test_whatever_is_written_is_found_by_its_beginning(text: str, length: int) -> None:
    for word in words_of(text):
        assert words_of(word) in ([word], list(dict.fromkeys(words_of(word))))
        beginning = word[: max(length, 1)]
        first, end = prefix_range(beginning)
        assert first <= word.encode() < end
