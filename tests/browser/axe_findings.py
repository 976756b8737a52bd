"""What axe finds on a page, and in which of the modes that people read it in."""

from typing import Any, Final

from playwright.async_api import Frame, Page

_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE: Final = 1280
NARROW: Final = 390
_FITS: Final = "document.documentElement.scrollWidth <= innerWidth"
# What a scheme changes is color alone.
_OF_COLOR: Final = ["color-contrast", "link-in-text-block"]


async def found(shown: Page | Frame, axe: str, *, only: list[str] | None = None) -> list[str]:
    """Return what axe finds serious or worse, by all rules or `only` some."""
    # Half a megabyte to send and to read: once for each document.
    if not await shown.evaluate("() => 'axe' in window"):
        await shown.evaluate(axe)
    # Nothing serious needs what axe would load beforehand, which are style sheets and sounds.
    result: dict[str, Any] = await shown.evaluate(
        """wanted => axe.run(document,
             { runOnly: wanted, resultTypes: ["violations"], preload: false })""",
        only or _TAGS,
    )
    return [
        f"{each['id']} ({each['impact']}): {node['html']} {node['failureSummary']}"
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


async def found_by_day_and_night(shown: Page | Frame, axe: str) -> list[str]:
    """Return what axe finds in the light scheme and then, of colors, in the dark one."""
    page = shown.page if isinstance(shown, Frame) else shown
    by_day = await found(shown, axe)
    await page.emulate_media(color_scheme="dark")
    by_night = await found(shown, axe, only=_OF_COLOR)
    await page.emulate_media(color_scheme="light")
    return [*by_day, *(f"dark: {each}" for each in by_night)]


async def found_in_each_mode(page: Page, axe: str) -> list[str]:
    """
    Return what axe finds, and whether the page does not fit, wide and narrow, by day and night.

    One walk for all modes: to a page that is open, width and scheme change as they do to a reader
    who turns a phone. Style sheets alone look at them, so that it need not be loaded again. The
    window is wide and light, and is so again afterwards.
    """
    size = page.viewport_size
    assert size is not None
    faults: list[str] = []
    for width in (NARROW, WIDE):
        await page.set_viewport_size({"width": width, "height": size["height"]})
        faults += [f"{width}: {each}" for each in await found_by_day_and_night(page, axe)]
        if not await page.evaluate(_FITS):
            faults.append(f"{width}: wider than the window")
    return faults
