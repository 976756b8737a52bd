"""
Lexical index of actions: BM25 over stems, then a re-ranking of the best.

The first stage adds up, for each word of the question, the best match of the word itself, its
synonyms and, where no action has it, the words it may be a typo of. The second looks at the best
of those again: is the verb the one asked for, how much of the action's own name was asked for,
how much of the question does the name answer. All of it is plain arithmetic over what stands in
the catalog, so the same question gets the same answer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Final

from jackfield.search.postings import Postings
from jackfield.search.question import Concept, Question, Vocabulary
from jackfield.search.synonyms import verbs_of
from jackfield.search.words import content_words, is_plural, stem, words

_NAME, _LABEL, _CONNECTOR, _DESCRIPTION, _TAGS, _INPUTS = 3.0, 2.0, 2.0, 1.0, 1.0, 0.4
_RERANKED: Final = 60
# The likely verbs of a question without one.
_DEFAULT_VERBS: Final = {"get": 0.7, "list": 0.7, "search": 0.6, "send": 0.6}
# The weights of the second stage, relative to the sum of the first.
_VERB, _OF_NAME, _OF_QUESTION, _NUMBER = 0.3, 0.36, 0.36, 0.1
_MOST: Final = 1 + _VERB + _OF_NAME + _OF_QUESTION + _NUMBER
# What an action of another connector than the one that the question names is worth.
_OTHER: Final = 0.6


@dataclass(frozen=True, slots=True)
class Entry:
    """The indexed fields of an action; `name` is its id without the connector's key."""

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
    """A matching action; `similarity` is between 0 and 1."""

    id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class _Document:
    id: str
    verbs: frozenset[str]
    name: frozenset[str]
    things: frozenset[str]
    is_many: bool
    connector_key: str


class Index:
    """An immutable index of all actions."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        ordered = sorted(entries, key=lambda entry: entry.id)
        self._documents: Final = [_document(entry) for entry in ordered]
        vocabulary: set[str] = set()
        self._postings: Final = Postings([_weighted(entry, vocabulary) for entry in ordered])
        self._vocabulary: Final = Vocabulary(self._postings, vocabulary)
        self._by_connector: Final[dict[str, set[int]]] = {}
        # By one of their words each, so that a question looks at those alone that it may name.
        self._names: Final[dict[str, set[tuple[frozenset[str], str]]]] = {}
        for number, entry in enumerate(ordered):
            for name in map(_stems, (entry.connector_title, entry.connector_key)):
                named = self._names.setdefault(min(name, default=""), set())
                named.add((name, entry.connector_key))
            self._by_connector.setdefault(entry.connector_key, set()).add(number)

    def __len__(self) -> int:
        return len(self._documents)

    def search(
        self, text: str, *, connectors: Sequence[str] | None = None, most: int = 10
    ) -> list[Hit]:
        """Return the actions that best match `text`; only those of `connectors` if not null."""
        question = self._vocabulary.understand(text)
        within = self._within(connectors)
        count = max(_RERANKED, most)
        totals = self._add_up(question.concepts, within, count)
        best = nlargest(count, totals, key=totals.__getitem__)
        second = _SecondStage(question, self._named(question))
        hits = [
            Hit(document.id, second.similarity(document, totals[number]))
            for number, document in ((n, self._documents[n]) for n in best)
        ]
        hits.sort(key=lambda hit: (-hit.similarity, hit.id))
        return hits[:most]

    def unmatched(self, text: str, *, connectors: Sequence[str] | None = None) -> list[str]:
        """Return the words of `text` that none of the actions has as they are written."""
        within = self._within(connectors)
        return [
            concept.word
            for concept in self._vocabulary.understand(text).concepts
            if not (self._vocabulary.is_known(concept.word) and self._best(concept, {}, within))
        ]

    def _named(self, question: Question) -> set[str]:
        """Return the keys of the connectors that a question names."""
        asked = {stem(concept.word) for concept in question.concepts}
        return {key for word in asked for name, key in self._names.get(word, ()) if name <= asked}

    def _within(self, connectors: Sequence[str] | None) -> set[int] | None:
        if connectors is None:
            return None
        return {n for key in connectors for n in self._by_connector.get(key, ())}

    def _best(
        self, concept: Concept, among: Mapping[int, float], within: Collection[int] | None
    ) -> dict[int, float]:
        best: dict[int, float] = {}
        for term, worth in concept.terms.items():
            scores = self._postings.scores(term, worth, among=among, within=within)
            for number in best.keys() & scores.keys():
                scores[number] = max(scores[number], best[number])
            best.update(scores)
        return best

    def _add_up(
        self, concepts: Sequence[Concept], within: set[int] | None, count: int
    ) -> dict[int, float]:
        """
        Sum up each document's best score for each concept, the rarest concepts first.

        If the question has things, a document that only has its verb does not match; nor is one
        looked at for verbs that cannot be among the best `count` with all of them.
        """
        things = [concept for concept in concepts if concept.is_thing]
        verbs = [concept for concept in concepts if not concept.is_thing]
        totals: dict[int, float] = {}
        for concept in sorted(things or verbs, key=lambda each: -each.weight):
            best = self._best(concept, totals, within)
            for number in totals.keys() & best.keys():
                best[number] += totals[number]
            totals.update(best)
        if not (things and verbs and totals):
            return totals
        least = nlargest(count, totals.values())[-1] - sum(concept.weight for concept in verbs)
        totals = {number: total for number, total in totals.items() if total >= least}
        for concept in verbs:
            for number, score in self._best(concept, {}, totals).items():
                totals[number] += score
        return totals


class _SecondStage:
    """A question, and the connectors it names, against which the best of the first stage are held."""

    def __init__(self, question: Question, named: Collection[str]) -> None:
        self._question: Final = question
        self._named: Final = named
        self._concepts: Final = [(frozenset(c.terms), c.weight) for c in question.concepts]
        self._terms: Final = frozenset[str]().union(*(terms for terms, _ in self._concepts))
        self._weight: Final = sum(weight for _, weight in self._concepts)
        self._verbs: Final[dict[frozenset[str], float]] = {}

    def similarity(self, document: _Document, sum_: float) -> float:
        """Return the similarity of an action for which the first stage added up so much."""
        things, name = document.things, document.name
        of_name = len(things & self._terms) / len(things) if things else 0.5
        answered = [weight for terms, weight in self._concepts if not name.isdisjoint(terms)]
        of_question = sum(answered) / self._weight
        verb = self._verbs.get(document.verbs)
        if verb is None:
            verb = self._verbs[document.verbs] = _verb_match(document, self._question)
        is_many = self._question.is_many
        number = 0.5 if is_many is None else float(document.is_many == is_many)
        share = sum_ / self._weight
        second = _VERB * verb + _OF_NAME * of_name + _OF_QUESTION * of_question + _NUMBER * number
        worth = _OTHER if self._named and document.connector_key not in self._named else 1.0
        return round(worth * min(1.0, (share + second) / _MOST), 4)


def _verb_match(document: _Document, question: Question) -> float:
    if not question.verbs:
        return max((_DEFAULT_VERBS.get(verb, 0.4) for verb in document.verbs), default=0.4)
    if not document.verbs:
        return 0.3
    return sum(question.verbs.get(verb, 0.0) for verb in document.verbs) / len(document.verbs)


def _document(entry: Entry) -> _Document:
    named = content_words(entry.name)
    verbs = verbs_of(entry.name)
    is_many = any(is_plural(word) for word in named if stem(word) not in verbs)
    name = frozenset(map(stem, named))
    return _Document(entry.id, verbs, name, name - verbs, is_many, entry.connector_key)


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, words(text)))


def _weighted(entry: Entry, vocabulary: set[str]) -> dict[str, float]:
    """Return the weighted count of each term in an entry, and add its words to `vocabulary`."""
    counts: dict[str, float] = {}
    fields = (
        (words(entry.name), _NAME),
        (words(entry.label), _LABEL),
        (words(f"{entry.connector_key} {entry.connector_title}"), _CONNECTOR),
        (content_words(entry.description), _DESCRIPTION),
        (words(" ".join(entry.tags)), _TAGS),
        (words(" ".join(entry.inputs)), _INPUTS),
    )
    for texts, weight in fields:
        vocabulary.update(texts)
        for word in texts:
            term = stem(word)
            counts[term] = counts.get(term, 0.0) + weight
    return counts
