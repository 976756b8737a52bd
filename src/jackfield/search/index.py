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
        self._names: Final[dict[str, set[frozenset[str]]]] = {}
        for number, entry in enumerate(ordered):
            names = self._names.setdefault(entry.connector_key, set())
            names.update(_stems(each) for each in (entry.connector_title, entry.connector_key))
            self._by_connector.setdefault(entry.connector_key, set()).add(number)

    def __len__(self) -> int:
        return len(self._documents)

    def search(
        self, text: str, *, connectors: Sequence[str] | None = None, most: int = 10
    ) -> list[Hit]:
        """Return the actions that best match `text`; only those of `connectors` if not null."""
        question = self._vocabulary.understand(text)
        within = self._within(connectors)
        totals = self._add_up(question.concepts, within)
        best = nlargest(max(_RERANKED, most), totals, key=totals.__getitem__)
        total = sum(concept.weight for concept in question.concepts)
        named = self._named(question)
        hits = [
            Hit(document.id, _similarity(document, question, named, share=totals[number] / total))
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
        return {key for key, names in self._names.items() if any(name <= asked for name in names)}

    def _within(self, connectors: Sequence[str] | None) -> set[int] | None:
        if connectors is None:
            return None
        return {n for key in connectors for n in self._by_connector.get(key, ())}

    def _best(
        self, concept: Concept, among: Mapping[int, float], within: set[int] | None
    ) -> dict[int, float]:
        best: dict[int, float] = {}
        for term, worth in concept.terms.items():
            self._postings.keep_best(best, term, worth, among=among, within=within)
        return best

    def _add_up(self, concepts: Sequence[Concept], within: set[int] | None) -> dict[int, float]:
        """
        Sum up each document's best score for each concept, the rarest concepts first.

        If the question has things, a document that only has its verb does not match.
        """
        totals: dict[int, float] = {}
        with_thing: set[int] = set()
        for concept in sorted(concepts, key=lambda each: -each.weight):
            best = self._best(concept, totals, within)
            if concept.is_thing:
                with_thing.update(best)
            for number, score in best.items():
                totals[number] = totals.get(number, 0.0) + score
        if not any(concept.is_thing for concept in concepts):
            return totals
        return {number: total for number, total in totals.items() if number in with_thing}


def _similarity(
    document: _Document, question: Question, named: Collection[str], *, share: float
) -> float:
    """Return the similarity of an action that has `share` of the best possible sum."""
    concepts = question.concepts
    answered = [c for c in concepts if not document.name.isdisjoint(c.terms)]
    things = document.name - document.verbs
    terms = {term for concept in concepts for term in concept.terms}
    of_name = len(things & terms) / len(things) if things else 0.5
    weight = sum(concept.weight for concept in concepts)
    of_question = sum(concept.weight for concept in answered) / weight
    verb = _verb_match(document, question)
    number = 0.5 if question.is_many is None else float(document.is_many == question.is_many)
    second_stage = _VERB * verb + _OF_NAME * of_name + _OF_QUESTION * of_question + _NUMBER * number
    most = 1 + _VERB + _OF_NAME + _OF_QUESTION + _NUMBER
    worth = _OTHER if named and document.connector_key not in named else 1.0
    return round(worth * min(1.0, (share + second_stage) / most), 4)


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
    return _Document(entry.id, verbs, name, is_many, entry.connector_key)


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
