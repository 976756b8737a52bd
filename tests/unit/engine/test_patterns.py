"""Patterns find what JavaScript finds. The expectations are what V8 says."""

import pytest

from jackfield.engine.expressions.errors import EvaluationFault, SyntaxFault
from jackfield.engine.expressions.meter import Meter
from jackfield.engine.expressions.pattern_syntax import translate
from jackfield.engine.expressions.patterns import Pattern, PatternSet


def search(source: str, text: str) -> tuple[str | None, ...] | None:
    return Pattern(source).search(text, lambda _cost: None)


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("lit", "split", ("lit",)),
        (r"\d", "٣", None),
        (r"\w+", "né1", ("n",)),
        (r"\s", "\u00a0", ("\u00a0",)),
        (r"\s", "\ufeff", ("\ufeff",)),
        (r"\s", "\v", ("\v",)),
        (r"\s", "\x1c", None),
        (r"\S", "\x85", ("\x85",)),
        (r"[\s]", "\u3000", ("\u3000",)),
        (r"[^\s]", "\u3000", None),
        (r"[\S]", "\u3000", None),
        (r"[\S]", "é", ("é",)),
        ("a$", "a\n", None),
        ("^b", "a\nb", None),
        ("a.c", "a\nc", None),
        ("a.c", "a\u2028c", None),
        ("a.c", "a\x85c", ("a\x85c",)),
        (r"\/\-\.", "/-.", ("/-.",)),
        (r"\x41\u0042\n\t\0", "AB\n\t\0", ("AB\n\t\0",)),
        ("[]", "a", None),
        ("a[]|b", "b", ("b",)),
        ("[^]", "\n", ("\n",)),
        ("[^a]", "\n", ("\n",)),
        (r"[\x41-\x43]+", "-ABC", ("ABC",)),
        (r"[a-\d]+", "1-a", ("1-a",)),
        (r"[\w-.]+", "a-.b", ("a-.b",)),
        ("[a-]+", "-a", ("-a",)),
        ("[]]", "]", None),
        (r"[\]]", "]", ("]",)),
        ("[[]", "[", ("[",)),
        ("a{,2}", "a{,2}", ("a{,2}",)),
        ("a{", "a{", ("a{",)),
        ("}", "}", ("}",)),
        ("(?<year>\\d{4})-(?:\\d\\d)", "2024-05", ("2024-05", "2024")),
        ("(a)|(b)", "b", ("b", None, "b")),
        ("<(.+?)>", "<a><b>", ("<a>", "a")),
        ("(?i)É[a-c]", "éB", ("éB",)),
        ("(?i)[^a]", "A", None),
        (r"\bé", "é", None),
        (r"\B", "aéb", None),
        (r"\B", "aé", ("",)),
        (r"\Béb", "éb", ("éb",)),
        ("é(.)", "é€", ("é€", "€")),
    ],
)
def test_a_pattern_finds_what_javascript_finds(
    source: str, text: str, found: tuple[str | None, ...] | None
) -> None:
    assert search(source, text) == found


@pytest.mark.parametrize(
    "source", ["a**", "(?<a", "[b-a]", r"\p{L}", "(?!a)", "(?<=a)b", "a)", r"\u12", "|*"]
)
def test_what_has_no_meaning_here_is_refused(source: str) -> None:
    with pytest.raises(SyntaxFault):
        translate(source)


def test_counted_repetitions_of_characters_may_be_repeated_as_well() -> None:
    host = Pattern(r"^(?:[a-z0-9-]{1,63}\.){1,20}[a-z]{2,63}$")

    assert host.search("api.eu.example.com", lambda _cost: None) == ("api.eu.example.com",)
    assert host.search("a" * 64 + ".example.com", lambda _cost: None) is None
    assert host.search("a." * 21 + "com", lambda _cost: None) is None
    assert search("(?:a{2,}?b){2}", "aabaaab") == ("aabaaab",)
    assert search("(?:a{1,3}?)b", "aaab") == ("aaab",)


def test_half_of_a_surrogate_pair_is_a_character_like_any_other() -> None:
    assert search("a(.)", "a\ud83d") == ("a\ud83d", "\ud83d")
    assert search(r"\ud83d", "\ufffd") is None


def test_a_large_pattern_costs_more_than_a_small_one() -> None:
    meter = Meter()

    Pattern("title: (.{1,100})").search("a" * 100_000, meter.spend)
    with pytest.raises(EvaluationFault):
        Pattern("(?:.*.{250}|.*a.{250}|.*b.{250})c").search("a" * 100_000, meter.spend)


def test_of_several_patterns_each_that_is_there_is_found_in_their_order() -> None:
    patterns = PatternSet(["B", r"/\d+$", "a.c", "(?=look)", "[broken"])

    assert patterns.search("a.c B /42") == [0, 1, 2]
    assert patterns.search("axc") == [2]
    assert patterns.search("(?=look)") == [3]
    assert patterns.search("[broken") == [4]
    assert patterns.search("") == []


def test_patterns_that_are_too_large_together_are_refused() -> None:
    with pytest.raises(SyntaxFault):
        PatternSet([rf"{number}.{{256}}.{{256}}" for number in range(50)])
