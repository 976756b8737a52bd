"""Runs of the quick tests, and of all of them."""

from collections.abc import Iterable

import pytest


def is_quick(config: pytest.Config) -> bool:
    """Return whether what is slow is left out: it is no whole run, and nothing is asked for by name."""
    asked = config.getoption("--whole") or config.option.keyword or config.option.markexpr
    return not asked and config.args == config.getini("testpaths")


def left_out(config: pytest.Config, items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that do not run: what installs much unless asked for, and what is slow."""
    unwanted = () if config.getoption("--frameworks") else ("frameworks",)
    unwanted += ("slow",) if is_quick(config) else ()
    return [each for each in items if any(map(each.get_closest_marker, unwanted))]


def is_missed(item: pytest.Item) -> bool:
    """Return whether a run without this test is not whole."""
    return item.get_closest_marker("frameworks") is None
