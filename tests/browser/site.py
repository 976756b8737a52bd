"""A product's built page and its scripts, served at an origin of their own."""

import mimetypes
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.scripted import Seen, reply, scripted

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A product</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"></head>
<body>{body}</body></html>"""


@asynccontextmanager
async def site(folder: Path) -> AsyncGenerator[str]:
    """Serve the files of `folder`; its `index.html` at the root."""

    async def answer(writer: Any, seen: Seen) -> None:
        path = seen.line.split(" ")[1].partition("?")[0].lstrip("/") or "index.html"
        file = folder / path
        if not file.is_relative_to(folder) or not file.is_file():
            await reply("", status=404)(writer, seen)
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        await reply(file.read_bytes(), headers={"content-type": kind})(writer, seen)

    async with scripted(answer) as server:
        yield server.url


def page(body: str) -> str:
    """Return a page with this in it."""
    return _PAGE.replace("{body}", body)
