"""How well, and how fast, actions are found: nDCG@5, Hit@1 and MRR over questions with known answers.

`python -m bench.search [--half tune|test|all] [--misses]`. The catalog is all actions of the
connectors that come with Jackfield among 20,000 invented ones. Questions about Iterable
(`search_data/iterable.tsv`) and about the other providers (`search_data/providers.tsv`) are written
by hand, in words of those who ask; those about the invented ones are made from phrases, some with
other nouns, some with typos. Every second question belongs to the tune half, by which the index's
figures were chosen; what is promised is measured on the test half.
"""

import argparse
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bench.catalog import Made, made
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.loading.discovery import own_folder
from jackfield.search.index import Entry, Hit, Index
from jackfield.search.service import entry_of

FOLDER = Path(__file__).parent / "search_data"
MADE_QUESTIONS = 120
_PHRASES = {
    "list": ("show all {many}", "what {many} do we have", "give me an overview of the {many}"),
    "get": ("look up one {thing}", "pull the {thing} record", "details of a {thing}"),
    "create": ("add a {thing}", "set up a new {thing}", "i need another {thing}, make one"),
    "update": ("edit a {thing}", "correct the {thing}", "change something about a {thing}"),
    "delete": ("remove the {thing}", "get rid of a {thing}", "{thing} should be erased"),
    "search": ("find {many} that match something", "filter the {many}"),
    "bulk_create": ("add many {many} at once", "mass create {many}"),
    "archive": ("put the {thing} into the archive", "archive old {thing}"),
    "export": ("download the {many} as a file", "{many} export"),
    "restore": ("bring back the {thing} that was removed", "undelete {thing}"),
    "assign": ("hand the {thing} over to someone else", "assign the {thing}"),
}
_OTHER_NOUNS = {
    "employee": "staff member",
    "time off request": "vacation request",
    "deal": "sales opportunity",
    "candidate": "applicant",
    "job posting": "open vacancy",
    "ticket": "support case",
    "file": "document",
    "invoice": "customer invoice",
    "supplier": "vendor",
    "order": "purchase order of a shopper",
    "customer": "client",
    "course": "training course",
    "user": "user account",
    "folder": "directory",
    "contact": "contact person",
    "review": "product review",
}


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    expected: frozenset[str]
    connector: str | None = None

    def ask(self, index: Index, most: int = 10) -> list[Hit]:
        return index.search(
            self.text, connectors=[self.connector] if self.connector else None, most=most
        )


@dataclass(frozen=True, slots=True)
class Figures:
    ndcg5: float
    hit1: float
    mrr: float


def entries() -> list[Entry]:
    return entries_of_own() + [each.entry for each in made()]


@cache
def entries_of_own() -> list[Entry]:
    """Return the actions of the connectors that come with Jackfield."""
    catalog = Catalog([own_folder()])
    catalog.load()
    return [entry_of(each, action) for each in catalog.connectors() for action in each.actions]


def questions(half: str = "all") -> dict[str, list[Question]]:
    """Return the questions of a half, by where they are from."""
    lines = (FOLDER / "iterable.tsv").read_text(encoding="utf-8").splitlines()
    by_hand = [
        Question(text, frozenset(expected.split()), "iterable")
        for text, _, expected in (line.partition("\t") for line in lines)
    ]
    of_providers = _provider_questions()
    titles = {entry.connector_key: entry.connector_title for entry in entries_of_own()}
    sets = {
        "by hand, of one connector": by_hand,
        "by hand, among all": [
            replace(each, text=f"{each.text} in Iterable", connector=None) for each in by_hand
        ],
        "of all providers, of one": of_providers,
        "of all providers, among all": [
            replace(each, text=f"{each.text} in {titles[str(each.connector)]}", connector=None)
            for each in of_providers
        ],
        "invented, among all": _made_questions(made()),
    }
    start, step = {"tune": (0, 2), "test": (1, 2), "all": (0, 1)}[half]
    return {name: found[start::step] for name, found in sets.items()}


def _provider_questions() -> list[Question]:
    lines = (FOLDER / "providers.tsv").read_text(encoding="utf-8").splitlines()
    return [
        Question(asked, frozenset(f"{key}_{name}" for name in names.split()), key)
        for key, asked, names in (line.split("\t") for line in lines)
    ]


def measure(index: Index, asked: Sequence[Question]) -> Figures:
    ndcg = hit = mrr = 0.0
    for question in asked:
        found = [each.id in question.expected for each in question.ask(index)]
        gain = sum(1 / math.log2(place + 2) for place, good in enumerate(found[:5]) if good)
        ideal = sum(1 / math.log2(place + 2) for place in range(min(5, len(question.expected))))
        ndcg += gain / ideal
        hit += bool(found and found[0])
        mrr += 1 / (found.index(True) + 1) if True in found else 0
    return Figures(*(each / len(asked) for each in (ndcg, hit, mrr)))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--half", choices=("tune", "test", "all"), default="test")
    options.add_argument("--misses", action="store_true", help="print what is not found first")
    chosen = options.parse_args()

    everything = entries()
    started = time.process_time()
    index = Index(everything)
    built = time.process_time() - started
    print(f"{'':28}{'questions':>10}{'nDCG@5':>9}{'Hit@1':>9}{'MRR':>9}")
    for name, asked in questions(chosen.half).items():
        figures = measure(index, asked)
        print(f"{name:28}{len(asked):10}{figures.ndcg5:9.3f}{figures.hit1:9.3f}{figures.mrr:9.3f}")
        if chosen.misses:
            _print_misses(index, asked)
    mean, median, p99 = times(index)
    print(
        f"\n{len(index)} actions indexed in {built:.2f} s; a question takes {mean:.2f} ms of processor "
        f"time on average, {median:.2f} ms median, {p99:.2f} ms p99"
    )


def times(index: Index) -> tuple[float, float, float]:
    """Return the milliseconds of processor time of a question: mean, median, 99th percentile."""
    taken: list[float] = []
    for question in (each for asked in questions("all").values() for each in asked):
        started = time.process_time()
        index.search(question.text)
        taken.append((time.process_time() - started) * 1000)
    taken.sort()
    return sum(taken) / len(taken), taken[len(taken) // 2], taken[int(len(taken) * 0.99)]


def _print_misses(index: Index, asked: Sequence[Question]) -> None:
    for question in asked:
        found = question.ask(index, 4)
        if not found or found[0].id not in question.expected:
            shown = ", ".join(f"{each.id} {each.similarity:.2f}" for each in found)
            print(f"  {question.text!r} wants {', '.join(question.expected)}: {shown}")


def _made_questions(actions: Sequence[Made]) -> list[Question]:
    chance = random.Random(len(actions))
    found: list[Question] = []
    for number, action in enumerate(chance.sample(list(actions), MADE_QUESTIONS)):
        thing = _OTHER_NOUNS.get(action.thing, action.thing) if number % 3 == 0 else action.thing
        many = thing if thing.endswith("s") else f"{thing}s".replace("ys", "ies")
        text = chance.choice(_PHRASES[action.verb]).format(thing=thing, many=many)
        title = action.entry.connector_title
        text = f"{text} in {title}" if number % 2 else f"{title.lower()}: {text}"
        found.append(
            Question(
                _mistype(text, chance) if number % 4 == 3 else text, frozenset({action.entry.id})
            )
        )
    return found


def _mistype(text: str, chance: random.Random) -> str:
    """Swap, drop or double a letter inside one of the longer words."""
    parts = text.split()
    which = chance.choice([n for n, part in enumerate(parts) if len(part) > 4])
    word = parts[which]
    at = chance.randrange(1, len(word) - 2)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    parts[which] = chance.choice(
        [swapped, word[:at] + word[at + 1 :], word[:at] + word[at:][:1] + word[at:]]
    )
    return " ".join(parts)


if __name__ == "__main__":
    main()
