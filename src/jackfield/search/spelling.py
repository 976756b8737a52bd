"""Typo correction: the known term closest to an unknown one."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

_SHORTEST: Final = 3
_LONG: Final = 8
_CANDIDATES: Final = 24
_MOST: Final = 3


class Spelling:
    """The words of an index by their letter groups (n-grams)."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words: Final = sorted(word for word in set(words) if len(word) >= _SHORTEST)
        self._by_gram: Final[defaultdict[str, list[int]]] = defaultdict(list)
        for number, word in enumerate(self._words):
            for gram in _grams(word):
                self._by_gram[gram].append(number)

    def repair(self, word: str) -> list[tuple[str, float]]:
        """Return the known words nearest to `word`, each with a certainty up to 1."""
        if len(word) < _SHORTEST or not word.isalpha():
            return []
        shared: defaultdict[int, int] = defaultdict(int)
        grams = _grams(word)
        for gram in grams:
            for number in self._by_gram.get(gram, ()):
                shared[number] += 1
        best = sorted(
            (
                (2 * count / (len(grams) + len(self._words[n]) + 1), n)
                for n, count in shared.items()
            ),
            key=lambda each: (-each[0], each[1]),
        )[:_CANDIDATES]
        allowed = 2 if len(word) >= _LONG else 1
        near: list[tuple[str, float]] = []
        for likeness, number in best:
            candidate = self._words[number]
            edits = distance(word, candidate, most=allowed)
            if edits <= allowed:
                near.append((candidate, (1 - edits / (len(word) + 1)) * (0.7 + 0.3 * likeness)))
        near.sort(key=lambda each: (-each[1], each[0]))
        return near[:_MOST]


def distance(one: str, other: str, *, most: int) -> int:
    """Return the number of edits (insert, delete, replace, swap) between words, up to `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        following = [i]
        for j, target in enumerate(other, 1):
            cost = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (letter != target))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == target:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        if min(following) > most:
            return most + 1
        before, row = row, following
    return row[-1]


def _grams(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[i : i + 3] for i in range(len(padded) - 2)} | {
        padded[i : i + 2] for i in range(min(2, len(padded) - 1))
    }
