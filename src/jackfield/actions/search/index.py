"""A lexical index of actions: BM25 over stems, then a closer look at the best.

The first stage adds up, for each word of the question, the best match of the word itself, its
synonyms and, where no action has it, the words it may be a typo of. The second looks at the best
of those again: is the verb the one asked for, how much of the action's own name was asked for,
and how much of the question does the action answer. Both are plain arithmetic, so the same
question gets the same answer.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jackfield.actions.search.spelling import Spelling
from jackfield.actions.search.synonyms import THINGS, VERBS, verbs_of
from jackfield.actions.search.words import content_words, stem, words

_K1: Final = 1.2
_B: Final = 0.5
_NAME, _LABEL, _CONNECTOR, _DESCRIPTION, _TAGS, _INPUTS = 3.0, 2.0, 2.0, 1.0, 1.0, 0.4
_SYNONYM: Final = 0.6
_VERB: Final = 0.7
# What more than this many actions have is looked up for those that something rarer has found.
_COMMON: Final = 1500
_LOOKED_AT: Final = 60
_MOST_WORDS: Final = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """An action as the index reads it; `name` is its id without the connector's key."""

    id: str
    connector_key: str
    connector_title: str
    name: str
    label: str
    description: str
    inputs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """An action that was found; `similarity` is between 0 and 1."""

    id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class _Document:
    id: str
    connector_key: str
    verbs: frozenset[str]
    name: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Concept:
    """One word of a question: the terms that may stand for it, each with its worth."""

    terms: Mapping[str, float]
    weight: float


class Index:
    """Built once from all actions, and then only read."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        ordered = sorted(entries, key=lambda entry: entry.id)
        counts = [_weighted(entry) for entry in ordered]
        self._documents: Final = [
            _Document(e.id, e.connector_key, verbs_of(e.name), _stems(e.name)) for e in ordered
        ]
        self._idf, self._postings = _postings(counts)
        self._rarest: Final = max(self._idf.values(), default=1.0)
        self._spelling: Final = Spelling(
            word for entry in ordered for word in _spelled(entry)
        )
        self._by_connector: Final[defaultdict[str, set[int]]] = defaultdict(set)
        for number, document in enumerate(self._documents):
            self._by_connector[document.connector_key].add(number)

    def __len__(self) -> int:
        return len(self._documents)

    def search(
        self, text: str, *, connectors: Sequence[str] | None = None, most: int = 10
    ) -> list[Hit]:
        """Return the actions nearest to `text`, best first; only of `connectors` where given."""
        concepts = self._concepts(content_words(text)[:_MOST_WORDS])
        within = None
        if connectors is not None:
            within = {n for key in connectors for n in self._by_connector.get(key, ())}
        found = self._add_up(concepts, within)
        best = sorted(found, key=lambda n: (-found[n], n))[: max(_LOOKED_AT, most)]
        hits = [Hit(self._documents[n].id, s) for n, s in self._look_again(best, text, concepts)]
        return hits[:most]

    def _concepts(self, asked: Sequence[str]) -> list[_Concept]:
        concepts: list[_Concept] = []
        for word in dict.fromkeys(asked):
            terms: dict[str, float] = {}
            exact = stem(word)
            for meant, worth in self._meant(word, exact):
                known = stem(meant)
                _keep(terms, known, worth)
                for other in THINGS.get(known, ()):
                    _keep(terms, other, worth * _SYNONYM)
                for verb in VERBS.get(known, ()):
                    _keep(terms, verb, worth * _VERB)
            terms = {term: worth for term, worth in terms.items() if term in self._postings}
            # An unknown word still counts as something that was asked for and not found.
            weight = max((self._idf[t] * w for t, w in terms.items()), default=self._rarest / 3)
            concepts.append(_Concept(terms, weight))
        return concepts

    def _meant(self, word: str, exact: str) -> list[tuple[str, float]]:
        if exact in self._postings or exact in VERBS or exact in THINGS:
            return [(word, 1.0)]
        return self._spelling.repair(word)

    def _add_up(self, concepts: Sequence[_Concept], within: set[int] | None) -> dict[int, float]:
        rare = [[], []]  # type: ignore[var-annotated]
        found: dict[int, float] = {}
        raise NotImplementedError

    def _look_again(self, best: Sequence[int], text: str, concepts: Sequence[_Concept]):
        raise NotImplementedError
