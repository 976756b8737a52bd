import pytest

from jackfield.language import catalog
from jackfield.language.catalog import CODES, DEFAULT, Words

OTHERS = [code for code in CODES if code != DEFAULT]


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_says_all_that_is_said_with_the_same_places(code: str) -> None:
    english, words = Words(DEFAULT), Words(code)

    for key in catalog.keys():  # noqa: SIM118 - a function, not a mapping
        assert catalog.placeholders(words.raw(key)) == catalog.placeholders(english.raw(key)), key


def test_each_language_is_offered_under_the_name_its_readers_know() -> None:
    assert catalog.names() == {
        "en": "English",
        "de": "Deutsch",
        "fr": "Français",
        "es": "Español",
        "ja": "日本語",
    }


@pytest.mark.parametrize(
    ("wanted", "accepted", "code"),
    [
        ("de", "fr", "de"),
        ("de-AT", None, "de"),
        ("xx", "fr-CA, en;q=0.8", "fr"),
        (None, "en;q=0.3, ja;q=0.9", "ja"),
        (None, "it, es;q=0.1", "es"),
        (None, "fr;q=0, *", "en"),
        (None, "garbage;;;q=x", "en"),
        (None, None, "en"),
    ],
)
def test_a_reader_gets_the_language_they_chose_or_their_browser_prefers(
    wanted: str | None, accepted: str | None, code: str
) -> None:
    assert catalog.choose(wanted, accepted) == code


def test_a_project_may_say_things_its_own_way() -> None:
    words = Words("de", {"form.title": "{provider} verknüpfen"})

    assert words("form.title", provider="Iterable") == "Iterable verknüpfen"
    assert words("form.submit") == "Verbinden"
