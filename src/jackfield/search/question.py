"""Query analysis: the index terms that a user's words may stand for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.search.postings import Postings
from jackfield.search.spelling import Spelling
from jackfield.search.synonyms import THINGS, VERBS
from jackfield.search.words import is_plural, query_words, stem

_SYNONYM: Final = 0.25
_VERB: Final = 0.35
# The first verb of a question is the main one; the others count less.
_LATER_VERB: Final = 0.5
_MOST_WORDS: Final = 32
_SHORTEST_PART: Final = 3


@dataclass(frozen=True, slots=True)
class Concept:
    """One word of a question: the terms it may stand for, each with its worth up to 1.

    `weight` is the best possible score of an action for it. `is_thing` unless it can only be a
    verb.
    """

    word: str
    terms: Mapping[str, float]
    weight: float
    is_thing: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A parsed question: its possible verbs with their likelihoods, and whether it is for a list."""

    concepts: tuple[Concept, ...]
    verbs: Mapping[str, float]
    is_many: bool | None


class Vocabulary:
    """The words of an index, to which a question is matched."""

    def __init__(self, postings: Postings, spelled: Iterable[str]) -> None:
        self._postings: Final = postings
        self._spelling: Final = Spelling(spelled)
        self._rarest: Final = max(postings.rarity.values(), default=1.0)

    def understand(self, text: str) -> Question:
        parts = (part for word in query_words(text) for part in self._split(word))
        query = list(dict.fromkeys(parts))[:_MOST_WORDS]
        candidates = [self._candidates(word) for word in query]
        concepts = tuple(map(self._concept, query, candidates))
        stems = [stem(near[0][0]) for near in candidates if near]
        return Question(concepts, _verbs(stems), _is_many(query))

    def is_known(self, word: str) -> bool:
        """Return whether a word need not be a typo of another."""
        term = stem(word)
        return term in self._postings or term in VERBS or term in THINGS

    def _split(self, word: str) -> tuple[str, ...]:
        """Return `add` and `person` of `addperson`."""
        if not self.is_known(word):
            for end in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
                if stem(word[:end]) in VERBS and self.is_known(word[end:]):
                    return word[:end], word[end:]
        return (word,)

    def _candidates(self, word: str) -> list[tuple[str, float]]:
        return [(word, 1.0)] if self.is_known(word) else self._spelling.repair(word)

    def _concept(self, asked: str, candidates: Iterable[tuple[str, float]]) -> Concept:
        terms: dict[str, float] = {}
        for word, sure in candidates:
            stemmed = stem(word)
            _raise(terms, {stemmed: sure})
            _raise(terms, dict.fromkeys(THINGS.get(stemmed, ()), sure * _SYNONYM))
            verbs = VERBS.get(stemmed, {})
            _raise(terms, {verb: sure * worth * _VERB for verb, worth in verbs.items()})
        terms = {term: worth for term, worth in terms.items() if term in self._postings}
        rarity = self._postings.rarity
        # A word that no action has lowers the similarity of all of them.
        weight = max((rarity[t] * worth for t, worth in terms.items()), default=self._rarest / 4)
        known = stem(asked)
        return Concept(asked, terms, weight, is_thing=known not in VERBS or known in THINGS)


def _raise(terms: dict[str, float], more: Mapping[str, float]) -> None:
    for term, worth in more.items():
        terms[term] = max(worth, terms.get(term, 0.0))


def _verbs(stems: Iterable[str]) -> dict[str, float]:
    """Return the verbs that `stems` may mean; later ones are less likely."""
    verbs: dict[str, float] = {}
    sure = 1.0
    for one in stems:
        if one in VERBS:
            _raise(verbs, {verb: sure * worth for verb, worth in VERBS[one].items()})
            sure *= _LATER_VERB
    return verbs


def _is_many(query: Iterable[str]) -> bool | None:
    things = [word for word in query if stem(word) not in VERBS]
    if not things:
        return None
    return any(map(is_plural, things))
