"""Pages of a product that shows the Hub, at an origin of their own."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import FrameLocator, Page

from tests.support.scripted import Seen, reply, scripted

_EVENTS = ("ready", "success", "pending", "close", "error")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A product</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<script>
  window.heard = [];
  for (const type of {events})
    addEventListener(type, (event) => event.detail && heard.push([type, event.detail]), true);
</script></head>
<body><h1>A product</h1>{body}</body></html>"""


@dataclass(slots=True)
class Product:
    """Serves `body` as its only page; `url` is that page's."""

    url: str
    body: str = ""


@asynccontextmanager
async def product() -> AsyncGenerator[Product]:
    served = Product("")

    async def answer(writer: Any, seen: Seen) -> None:
        page = _PAGE.replace("{events}", json.dumps(_EVENTS)).replace("{body}", served.body)
        await reply(page, headers={"content-type": "text/html; charset=utf-8"})(writer, seen)

    async with scripted(answer) as server:
        served.url = server.url
        yield served


def element(hub_url: str, token: str, *, tag: str = "hub", **attributes: str) -> str:
    """Return what a product writes into its page to show the Hub, or another element of it."""
    given = {"token": token, **{name.replace("_", "-"): v for name, v in attributes.items()}}
    written = " ".join(f'{name}="{value}"' for name, value in given.items())
    return (
        f"<jackfield-{tag} {written}></jackfield-{tag}>"
        f'<script type="module" src="{hub_url}/{tag}.js"></script>'
    )


def inside(page: Page) -> FrameLocator:
    """Return the Hub in the page."""
    return page.frame_locator("iframe")


async def heard(page: Page, *types: str) -> list[list[Any]]:
    """Return the events that a page heard, with their details."""
    events: list[list[Any]] = await page.evaluate("window.heard")
    return [event for event in events if not types or event[0] in types]
