"""The page of a sandbox, read on a phone and in the dark."""

import pytest
from playwright.async_api import Browser

from jackfield.sandbox.iterable.server import Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

# Whatever reaches further to the right than the box it stands in.
_CUT_OFF = """() => [...document.querySelectorAll("section *")]
  .filter((each) => each.getBoundingClientRect().right
    > each.closest("section").getBoundingClientRect().right)
  .map((each) => each.outerHTML)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_nothing_on_it_is_cut_off(
    chromium: Browser, sandbox: Sandbox, width: int, scheme: str
) -> None:
    page = await chromium.new_page(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    await page.goto(f"{sandbox.us.url}/api/templates/email/get?templateId=200001&locale=en")

    await page.goto(sandbox.us.url)

    row = page.get_by_text("GET /api/templates/email/get?templateId=200001&locale=en")
    box = await row.bounding_box()
    assert box
    assert box["height"] < 60, "a request takes two lines at most"
    assert await page.evaluate(_CUT_OFF) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == width
