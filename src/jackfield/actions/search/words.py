"""From text to the terms an index knows: split, lower case, stemmed."""

import re
from functools import lru_cache
from typing import Final

from snowballstemmer.english_stemmer import EnglishStemmer

_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
# listUsers, HTTPHeader, user2: where one word ends inside a name and the next begins.
_SEAM: Final = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-zA-Z]{3})(?=\d)"
)
_STOP: Final = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how i"
    " if in into is it its just let like may me mine my need no of on one or our out please shall"
    " she should so some such than that the their them then there these they this those to up us"
    " want was we were what when where which who whom whose will with would you your i'd i'm"
    " i'll it's what's want's via per using use able".split()
)
_CACHED: Final = 100_000

_stemmer = EnglishStemmer()


def words(text: str) -> list[str]:
    """Split `text` into lower-case words, names as `listUsers` and `list_users` included."""
    return [
        part.lower().partition("'")[0]
        for word in _WORD.findall(text)
        for part in _parts(word)
        if part
    ]


def content_words(text: str) -> list[str]:
    """Return the words of a question that say something; all of them where none does."""
    found = words(text)
    return [word for word in found if word not in _STOP] or found


@lru_cache(maxsize=_CACHED)
def stem(word: str) -> str:
    """Return what `users`, `user's` and `user` have in common."""
    return _stemmer.stemWord(word)


def _parts(word: str) -> list[str]:
    return [word] if word.islower() and word.isalpha() else _SEAM.split(word)
