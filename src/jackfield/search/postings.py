"""Postings of the index: documents per term, weighted by BM25."""

import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

_K1: Final = 1.2
_B: Final = 0.5
# One binary search in a posting list costs about as much as this many steps along it.
_LOOK_UP: Final = 4
# A term with more documents than this is looked up only in the documents of rarer terms; one that is
# worth little, from fewer on: the square of its worth as many.
_COMMON: Final = 1500
# A term that one document of so many has, or more, keeps its impacts by document, too.
_DENSE: Final = 32


class Postings:
    """The documents of each term in order, with the term's impact in each."""

    def __init__(self, counts: Sequence[Mapping[str, float]]) -> None:
        """Build the posting lists from the weighted term counts of each document."""
        lengths = [sum(count.values()) for count in counts]
        average = sum(lengths) / len(lengths) if lengths else 1.0
        documents: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        impacts: defaultdict[str, array[float]] = defaultdict(lambda: array("f"))
        for number, count in enumerate(counts):
            norm = _K1 * (1 - _B + _B * lengths[number] / average)
            for term, often in count.items():
                documents[term].append(number)
                impacts[term].append(often / (often + norm))
        self._documents: Final = dict(documents)
        self._impacts: Final = dict(impacts)
        self._by_document: Final = {
            term: _spread(numbers, impacts[term], len(counts))
            for term, numbers in documents.items()
            if len(numbers) * _DENSE >= len(counts)
        }
        self.rarity: Final = {
            term: math.log(1 + (len(counts) - len(numbers) + 0.5) / (len(numbers) + 0.5))
            for term, numbers in documents.items()
        }

    def __contains__(self, term: str) -> bool:
        return term in self._documents

    def scores(
        self, term: str, worth: float, *, among: Mapping[int, float], within: Collection[int] | None
    ) -> dict[int, float]:
        """
        Return the score of each document that has `term`.

        Only documents in `within` count. Where that is null, those of a common term are looked for
        in `among` alone, if there are any.
        """
        documents, impacts = self._documents[term], self._impacts[term]
        factor = worth * self.rarity[term]
        candidates = within
        if within is None and among and len(documents) > _COMMON * worth * worth:
            candidates = among
        if candidates is None:
            return dict(zip(documents, map(factor.__mul__, impacts), strict=True))
        by_document = self._by_document.get(term)
        if by_document is not None and len(candidates) < len(documents):
            return {n: impact * factor for n in candidates if (impact := by_document[n])}
        if len(candidates) * _LOOK_UP >= len(documents):
            found = zip(documents, impacts, strict=True)
            return {number: impact * factor for number, impact in found if number in candidates}
        scores: dict[int, float] = {}
        for number in candidates:
            index = bisect_left(documents, number)
            if index < len(documents) and documents[index] == number:
                scores[number] = impacts[index] * factor
        return scores


def _spread(documents: Iterable[int], impacts: Iterable[float], count: int) -> "array[float]":
    """Return the impact in each of `count` documents; it is 0 in those not named."""
    spread = array("f", bytes(4 * count))
    for number, impact in zip(documents, impacts, strict=True):
        spread[number] = impact
    return spread
