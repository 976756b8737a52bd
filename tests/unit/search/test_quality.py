"""How well actions are found may get better, not worse: floors for what `bench/search.py` prints."""

import time

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
        ("by hand, of one connector", 0.89, 0.82, 0.88),
        ("by hand, among all", 0.85, 0.76, 0.83),
        ("invented, among all", 0.90, 0.84, 0.89),
    ],
)
def test_the_right_action_comes_first(
    index: Index, name: str, ndcg5: float, hit1: float, mrr: float
) -> None:
    figures = bench.measure(index, bench.questions("test")[name])

    assert figures.ndcg5 >= ndcg5
    assert figures.hit1 >= hit1
    assert figures.mrr >= mrr


def test_twenty_thousand_actions_are_searched_in_milliseconds(index: Index) -> None:
    asked = bench.questions("test")["by hand, among all"]

    # The processor's time, not the wall's: the machine may be busy with other tests.
    started = time.thread_time()
    for question in asked:
        question.ask(index)
    each = (time.thread_time() - started) / len(asked)

    assert len(index) > 20_000
    assert each < 0.005
