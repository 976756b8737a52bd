"""Postings of the index: documents per term, weighted by BM25."""

import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

_K1: Final = 1.2
_B: Final = 0.5
# Looking one document up in a posting costs about this many steps of walking along it.
_LOOK_UP: Final = 4
# A term of more documents than this is looked up for those that a rarer one has found.
_COMMON: Final = 1500


class Postings:
    """For each term its documents, in order, each with the term's impact there."""

    def __init__(self, counts: Sequence[Mapping[str, float]]) -> None:
        """`counts` holds, for each document, how much it says each term."""
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
            term: math.log(1 + (len(counts) - len(found) + 0.5) / (len(found) + 0.5))
            for term, found in documents.items()
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
        Raise `best` to what `term` says in each document, where that is more.

        Only documents `within` count. A common term adds none to `among`, which rarer ones found.
        """
        documents, impacts = self._documents[term], self._impacts[term]
        factor = worth * self.rarity[term]
        wanted = among if among and len(documents) > _COMMON else within
        if wanted is not None and len(wanted) * _LOOK_UP < len(documents):
            for number in wanted:
                place = bisect_left(documents, number)
                if place < len(documents) and documents[place] == number:
                    score = impacts[place] * factor
                    if score > best.get(number, 0.0):
                        best[number] = score
            return
        for number, impact in zip(documents, impacts, strict=True):
            if wanted is None or number in wanted:
                score = impact * factor
                if score > best.get(number, 0.0):
                    best[number] = score
