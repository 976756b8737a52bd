"""Postings of the index: documents per term, weighted by BM25."""

import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

_K1: Final = 1.2
_B: Final = 0.5
# One binary search in a posting list costs about as much as this many steps along it.
_LOOK_UP: Final = 4
# A term with more documents than this is looked up only in the documents of rarer terms.
_COMMON: Final = 1500


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
        self.rarity: Final = {
            term: math.log(1 + (len(counts) - len(numbers) + 0.5) / (len(numbers) + 0.5))
            for term, numbers in documents.items()
        }

    def __contains__(self, term: str) -> bool:
        return term in self._documents

    def keep_best(
        self,
        best: dict[int, float],
        term: str,
        worth: float,
        *,
        among: Mapping[int, float],
        within: set[int] | None,
    ) -> None:
        """
        Raise the scores in `best` to those of `term`, where these are higher.

        Only documents in `within` count. A common term adds no document to `among`.
        """
        documents, impacts = self._documents[term], self._impacts[term]
        factor = worth * self.rarity[term]
        candidates = among if among and len(documents) > _COMMON else within
        if candidates is not None and len(candidates) * _LOOK_UP < len(documents):
            for number in candidates:
                index = bisect_left(documents, number)
                if index < len(documents) and documents[index] == number:
                    score = impacts[index] * factor
                    if score > best.get(number, 0.0):
                        best[number] = score
            return
        for number, impact in zip(documents, impacts, strict=True):
            if candidates is None or number in candidates:
                score = impact * factor
                if score > best.get(number, 0.0):
                    best[number] = score
