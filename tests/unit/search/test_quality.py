"""How well actions are found may get better, not worse: floors for what `bench/search.py` prints."""

import time
from collections import Counter

import pytest

from bench import search as bench
from jackfield.search.index import Index

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(bench.entries())


@pytest.mark.parametrize(
    ("name", "ndcg5", "hit1", "mrr"),
    [
        ("by hand, of one connector", 0.93, 0.86, 0.92),
        ("by hand, among all", 0.93, 0.86, 0.92),
        ("of all providers, of one", 0.88, 0.82, 0.87),
        ("of all providers, among all", 0.86, 0.79, 0.85),
        ("invented, among all", 0.91, 0.87, 0.90),
    ],
)
def test_the_right_action_comes_first(
    index: Index, name: str, ndcg5: float, hit1: float, mrr: float
) -> None:
    figures = bench.measure(index, bench.questions("test")[name])

    assert figures.ndcg5 >= ndcg5
    assert figures.hit1 >= hit1
    assert figures.mrr >= mrr


@pytest.mark.parametrize("scope", ["of one", "among all"])
def test_what_people_ask_of_the_providers_is_found(index: Index, scope: str) -> None:
    asked = bench.questions("all")
    by_hand = asked[f"by hand, {scope}{' connector' if scope == 'of one' else ''}"]

    every = [*by_hand, *asked[f"of all providers, {scope}"]]

    assert bench.measure(index, every).ndcg5 >= 0.90


def test_each_provider_has_questions_about_it() -> None:
    asked = bench.questions("all")
    found = Counter(
        str(each.connector)
        for name in ("by hand, of one connector", "of all providers, of one")
        for each in asked[name]
    )
    actions = {each.id for each in bench.entries_of_own()}

    assert {key: number for key, number in found.items() if number < 6} == {}
    assert {each.connector_key for each in bench.entries_of_own()} - {*found} == set()
    for question in asked["of all providers, of one"]:
        assert question.expected <= actions, question.text


def test_twenty_thousand_actions_are_searched_in_milliseconds(index: Index) -> None:
    asked = bench.questions("test")["by hand, among all"]

    # The processor's time, not the wall's: the machine may be busy with other tests.
    started = time.thread_time()
    for question in asked:
        question.ask(index)
    each = (time.thread_time() - started) / len(asked)

    assert len(index) > 20_000
    assert each < 0.005
