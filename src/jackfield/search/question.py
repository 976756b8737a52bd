"""Query analysis: the index terms that a user's words may stand for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.search.postings import Postings
from jackfield.search.spelling import Spelling
from jackfield.search.synonyms import THINGS, VERBS
from jackfield.search.words import asked_words, is_plural, stem

_SYNONYM: Final = 0.25
_VERB: Final = 0.35
# The first verb of a question says what is to be done; the others count less.
_LATER_VERB: Final = 0.5
_MOST_WORDS: Final = 32


@dataclass(frozen=True, slots=True)
class Concept:
    """One word of a question: the terms that may stand for it, each with its worth up to 1.

    `weight` is what an action could get for it at best.
    """

    terms: Mapping[str, float]
    weight: float


@dataclass(frozen=True, slots=True)
class Question:
    """`verbs` are those it may ask for, each with how likely; `is_many` if it asks for a list."""

    concepts: tuple[Concept, ...]
    verbs: Mapping[str, float]
    is_many: bool | None


class Vocabulary:
    """What an index knows words for."""

    def __init__(self, postings: Postings, spelled: Iterable[str]) -> None:
        self._postings: Final = postings
        self._spelling: Final = Spelling(spelled)
        self._rarest: Final = max(postings.rarity.values(), default=1.0)

    def understand(self, text: str) -> Question:
        asked = list(dict.fromkeys(asked_words(text)))[:_MOST_WORDS]
        meant = {word: self._meant(word) for word in asked}
        concepts = tuple(self._concept(meant[word]) for word in asked)
        stems = [stem(near[0][0]) for near in meant.values() if near]
        return Question(concepts, _verbs(stems), _is_many(asked))

    def _meant(self, word: str) -> list[tuple[str, float]]:
        known = stem(word)
        if known in self._postings or known in VERBS or known in THINGS:
            return [(word, 1.0)]
        return self._spelling.repair(word)

    def _concept(self, meant: Iterable[tuple[str, float]]) -> Concept:
        terms: dict[str, float] = {}
        for word, sure in meant:
            known = stem(word)
            _raise(terms, {known: sure})
            _raise(terms, dict.fromkeys(THINGS.get(known, ()), sure * _SYNONYM))
            meant_verbs = VERBS.get(known, {})
            _raise(terms, {verb: sure * worth * _VERB for verb, worth in meant_verbs.items()})
        terms = {term: worth for term, worth in terms.items() if term in self._postings}
        rarity = self._postings.rarity
        # What nothing here has was asked for all the same, and no answer has all of it.
        weight = max((rarity[t] * worth for t, worth in terms.items()), default=self._rarest / 4)
        return Concept(terms, weight)


def _raise(terms: dict[str, float], more: Mapping[str, float]) -> None:
    for term, worth in more.items():
        terms[term] = max(worth, terms.get(term, 0.0))


def _verbs(stems: Iterable[str]) -> dict[str, float]:
    """Return the verbs that `stems` may mean; the first of them says what is to be done."""
    verbs: dict[str, float] = {}
    sure = 1.0
    for one in stems:
        if one in VERBS:
            _raise(verbs, {verb: sure * worth for verb, worth in VERBS[one].items()})
            sure *= _LATER_VERB
    return verbs


def _is_many(asked: Iterable[str]) -> bool | None:
    things = [word for word in asked if stem(word) not in VERBS]
    if not things:
        return None
    return any(map(is_plural, things))
