"""What axe finds on a page."""

from typing import Any, Final

from playwright.async_api import Frame, Page

_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def found(shown: Page | Frame, axe: str) -> list[str]:
    """Return what axe finds serious or worse."""
    # Half a megabyte to send and to read: once for each document.
    if not await shown.evaluate("() => 'axe' in window"):
        await shown.evaluate(axe)
    result: dict[str, Any] = await shown.evaluate(
        "tags => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", _TAGS
    )
    return [
        f"{each['id']} ({each['impact']}): {node['html']} {node['failureSummary']}"
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
