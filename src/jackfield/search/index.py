"""
Lexical index of actions: BM25 over stems, then a re-ranking of the best.

The first stage adds up, for each word of the question, the best match of the word itself, its
synonyms and, where no action has it, the words it may be a typo of. The second looks at the best
of those again: is the verb the one asked for, how much of the action's own name was asked for,
how much of the question does the name answer. All of it is plain arithmetic over what stands in
the catalog, so the same question gets the same answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Final

from jackfield.search.postings import Postings
from jackfield.search.question import Concept, Question, Vocabulary
from jackfield.search.synonyms import verbs_of
from jackfield.search.words import content_words, is_plural, stem, words

_NAME, _LABEL, _CONNECTOR, _DESCRIPTION, _TAGS, _INPUTS = 3.0, 2.0, 2.0, 1.0, 1.0, 0.4
_LOOKED_AT: Final = 60
# What is meant by a question without a verb.
_USUAL: Final = {"get": 0.7, "list": 0.7, "search": 0.6, "send": 0.6}
# How much each of the closer look's answers counts beside the sum of the first stage.
_VERB, _OF_NAME, _OF_QUESTION, _NUMBER = 0.3, 0.36, 0.36, 0.1


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
    verbs: frozenset[str]
    name: frozenset[str]
    is_many: bool


class Index:
    """Built once from all actions, and then only read."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        ordered = sorted(entries, key=lambda entry: entry.id)
        self._documents: Final = [_document(entry) for entry in ordered]
        known: set[str] = set()
        self._postings: Final = Postings([_weighted(entry, known) for entry in ordered])
        self._vocabulary: Final = Vocabulary(self._postings, known)
        self._by_connector: Final[dict[str, set[int]]] = {}
        for number, entry in enumerate(ordered):
            self._by_connector.setdefault(entry.connector_key, set()).add(number)

    def __len__(self) -> int:
        return len(self._documents)

    def search(
        self, text: str, *, connectors: Sequence[str] | None = None, most: int = 10
    ) -> list[Hit]:
        """Return the actions nearest to `text`, best first; only of `connectors` where given."""
        question = self._vocabulary.understand(text)
        within = None
        if connectors is not None:
            within = {n for key in connectors for n in self._by_connector.get(key, ())}
        found = self._add_up(question.concepts, within)
        best = nlargest(max(_LOOKED_AT, most), found, key=found.__getitem__)
        total = sum(concept.weight for concept in question.concepts)
        hits = [
            Hit(document.id, _similarity(document, question, share=found[number] / total))
            for number, document in ((n, self._documents[n]) for n in best)
        ]
        hits.sort(key=lambda hit: (-hit.similarity, hit.id))
        return hits[:most]

    def _add_up(self, concepts: Sequence[Concept], within: set[int] | None) -> dict[int, float]:
        """Sum up each document's best match with each concept, the rarest concepts first."""
        totals: dict[int, float] = {}
        for concept in sorted(concepts, key=lambda each: -each.weight):
            best: dict[int, float] = {}
            for term, worth in concept.terms.items():
                self._postings.keep_best(best, term, worth, among=totals, within=within)
            for number, score in best.items():
                totals[number] = totals.get(number, 0.0) + score
        return totals


def _similarity(document: _Document, question: Question, *, share: float) -> float:
    """Return how near an action is, of whose best possible sum it has `share`."""
    concepts = question.concepts
    named = [c for c in concepts if not document.name.isdisjoint(c.terms)]
    things = document.name - document.verbs
    asked = {term for concept in concepts for term in concept.terms}
    of_name = len(things & asked) / len(things) if things else 0.5
    weight = sum(concept.weight for concept in concepts)
    of_question = sum(concept.weight for concept in named) / weight
    verb = _verb_match(document, question)
    number = 0.5 if question.is_many is None else float(document.is_many == question.is_many)
    looked = _VERB * verb + _OF_NAME * of_name + _OF_QUESTION * of_question + _NUMBER * number
    most = 1 + _VERB + _OF_NAME + _OF_QUESTION + _NUMBER
    return round(min(1.0, (share + looked) / most), 4)


def _verb_match(document: _Document, question: Question) -> float:
    if not question.verbs:
        return max((_USUAL.get(verb, 0.4) for verb in document.verbs), default=0.4)
    if not document.verbs:
        return 0.3
    return sum(question.verbs.get(verb, 0.0) for verb in document.verbs) / len(document.verbs)


def _document(entry: Entry) -> _Document:
    named = words(entry.name)
    verbs = verbs_of(entry.name)
    is_many = any(is_plural(word) for word in named if stem(word) not in verbs)
    return _Document(entry.id, verbs, frozenset(map(stem, named)), is_many)


def _weighted(entry: Entry, known: set[str]) -> dict[str, float]:
    """Return how much an entry says each term, by where; its words are added to `known`."""
    counts: dict[str, float] = {}
    fields = (
        (words(entry.name), _NAME),
        (words(entry.label), _LABEL),
        (words(f"{entry.connector_key} {entry.connector_title}"), _CONNECTOR),
        (content_words(entry.description), _DESCRIPTION),
        (words(" ".join(entry.tags)), _TAGS),
        (words(" ".join(entry.inputs)), _INPUTS),
    )
    for found, weight in fields:
        known.update(found)
        for word in found:
            term = stem(word)
            counts[term] = counts.get(term, 0.0) + weight
    return counts
