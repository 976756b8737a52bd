"""
Browser windows whose pages have loaded before anything is done in them.

A page shows its heading before its scripts have run, and a test that looked for the heading presses
a key, or a button, faster than any person: nothing hears it. The press waits for the page here, so
that no test has to think of it.
"""

from collections.abc import Awaitable, Callable
from typing import Concatenate, Final, ParamSpec, TypeVar

import pytest
from playwright.async_api import Locator, Page

_P = ParamSpec("_P")
_R = TypeVar("_R")

_ACTS: Final = ("check", "click", "fill", "press", "press_sequentially", "select_option")
_KEYS: Final = ("press", "type")


def acts_once_loaded(patch: pytest.MonkeyPatch) -> None:
    """Let what is done to an element wait until its page has loaded."""
    for name in _ACTS:
        patch.setattr(Locator, name, _once_loaded(getattr(Locator, name)))


def presses_once_loaded(page: Page) -> None:
    """Let the keys of a window wait until its page has loaded."""
    for name in _KEYS:
        setattr(page.keyboard, name, _pressed_once_loaded(page, getattr(page.keyboard, name)))


def _once_loaded(
    act: Callable[Concatenate[Locator, _P], Awaitable[_R]],
) -> Callable[Concatenate[Locator, _P], Awaitable[_R]]:
    async def acted(self: Locator, *args: _P.args, **options: _P.kwargs) -> _R:
        await self.page.wait_for_load_state("load")
        return await act(self, *args, **options)

    return acted


def _pressed_once_loaded(
    page: Page, press: Callable[_P, Awaitable[_R]]
) -> Callable[_P, Awaitable[_R]]:
    async def pressed(*args: _P.args, **options: _P.kwargs) -> _R:
        await page.wait_for_load_state("load")
        return await press(*args, **options)

    return pressed
