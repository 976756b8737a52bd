"""The words of a text, as they are compared: without case, accents and punctuation."""

import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import Final

# Of one account, and characters of one word: more of them says nothing more of it.
MOST_WORDS: Final = 60
LONGEST_WORD: Final = 64
_LONGEST_TEXT: Final = 2000
# Scripts that put no space between words: each character is one.
_UNSPACED: Final = ("CJK", "HIRAGANA", "KATAKANA")


def words_of(*texts: str) -> list[str]:
    """Return the different words of some texts, in order, as many as are kept."""
    found = (word for text in texts for word in _split(text[:_LONGEST_TEXT]))
    return list(islice(dict.fromkeys(found), MOST_WORDS))


def prefix_range(word: str) -> tuple[bytes, bytes]:
    """Return the bounds of the words that begin so, as bytes; the second is not among them."""
    first = word.encode()
    # No byte of UTF-8 is so large.
    return first, first + b"\xff"


def _split(text: str) -> Iterable[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    word = ""
    for character in unicodedata.normalize("NFKD", plain):
        if unicodedata.category(character).startswith("M"):
            continue
        if _is_unspaced(character):
            yield from _kept(word)
            yield character
            word = ""
        elif character.isalnum():
            word += character
        else:
            yield from _kept(word)
            word = ""
    yield from _kept(word)


def _is_unspaced(character: str) -> bool:
    return not character.isascii() and unicodedata.name(character, "").startswith(_UNSPACED)


def _kept(word: str) -> Iterable[str]:
    return (word[:LONGEST_WORD],) if word else ()
