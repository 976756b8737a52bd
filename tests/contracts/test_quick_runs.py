"""A run without arguments leaves out what is slow; a whole one leaves out nothing that CI is to run."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.quick_runs import is_missed, is_quick, left_out


@dataclass(frozen=True)
class Item:
    marks: frozenset[str] = frozenset()

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None


QUICK, SLOW, ASKED = Item(), Item(frozenset({"slow"})), Item(frozenset({"slow", "frameworks"}))
ALL: list[Any] = [QUICK, SLOW, ASKED]


def run(*args: str, keyword: str = "", marks: str = "", **options: bool) -> Any:
    return SimpleNamespace(
        args=[*args] or ["tests"],
        option=SimpleNamespace(keyword=keyword, markexpr=marks),
        getoption=lambda name: options.get(name.strip("-"), False),
        getini=lambda _: ["tests"],
    )


def test_a_run_of_nothing_in_particular_is_quick() -> None:
    assert left_out(run(), ALL) == [SLOW, ASKED]


@pytest.mark.parametrize(
    "asked",
    [run("tests/cli"), run(keyword="vault"), run(marks="browser"), run(whole=True)],
    ids=["path", "name", "mark", "whole"],
)
def test_what_is_asked_for_runs_and_so_does_everything_in_a_whole_run(asked: Any) -> None:
    assert left_out(asked, ALL) == [ASKED]
    assert not is_quick(asked)


def test_a_run_is_whole_without_what_installs_much() -> None:
    missed = [each for each in left_out(run(whole=True), ALL) if is_missed(each)]

    assert missed == []
    assert [each for each in left_out(run(), ALL) if is_missed(each)] == [SLOW]
