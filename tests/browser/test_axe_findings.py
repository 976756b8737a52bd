"""A look at all modes misses no fault that only one of them has."""

from collections.abc import Awaitable, Callable

import pytest

from tests.browser.axe_findings import found_in_each_mode
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
PAGE = """<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>
<p class="faint">Faint</p><button></button></main><style>
  button {{ display: none; width: 4em; height: 4em; }}
  {fault}
</style>"""


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("", set[str]()),
        (
            "@media (prefers-color-scheme: dark) { .faint { color: #333; background: #222; } }",
            {"390: dark: color-contrast", "1280: dark: color-contrast"},
        ),
        (
            "@media (min-width: 60rem) and (prefers-color-scheme: light) { .faint { color: #ddd } }",
            {"1280: color-contrast"},
        ),
        ("@media (max-width: 60rem) { button { display: block; } }", {"390: button-name"}),
        ("h1 { width: 600px; }", {"390: wider than the window"}),
    ],
    ids=["none", "dark", "wide and light", "narrow", "too wide"],
)
async def test_a_fault_is_found_in_the_mode_that_has_it(
    visit: Start, axe: str, fault: str, expected: set[str]
) -> None:
    page = (await visit()).page
    await page.set_content(PAGE.format(fault=fault))

    assert {each.split(" (")[0] for each in await found_in_each_mode(page, axe)} == expected
    assert page.viewport_size == {"width": 1280, "height": 900}
