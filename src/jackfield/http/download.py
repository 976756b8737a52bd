"""A provider's file as a response.

It may be a page with scripts: whatever it is, it is saved and not shown.
"""

import asyncio
import re
from typing import Final
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from jackfield.actions import streaming
from jackfield.actions.streaming import RowStream, StreamTooLong
from jackfield.engine.run_context import File

_PRINTABLE: Final = re.compile(r"[\x20-\x7e]{1,255}")
# For the last bytes of a stream whose time is over.
_FAREWELL_SECONDS: Final = 60
_POLICY: Final = "default-src 'none'; sandbox"
SAVED: Final = {"content-disposition": "attachment", "content-security-policy": _POLICY}


class RowsResponse(StreamingResponse):
    """Rows as they come, whose provider is let go however the response ends."""

    def __init__(self, rows: RowStream) -> None:
        super().__init__(rows.chunks, headers=SAVED, media_type=_media_type(rows.content_type))
        self._rows = rows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            # The rows end by themselves in time, but not under a reader that takes them a byte now
            # and then.
            async with asyncio.timeout(streaming.MOST_SECONDS + _FAREWELL_SECONDS):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            raise StreamTooLong from None
        finally:
            await self.close()

    async def close(self) -> None:
        await self._rows.close()


def download(file: File) -> Response:
    named = f"attachment; filename*=UTF-8''{quote(file.name or 'file')}"
    headers = {**SAVED, "content-disposition": named}
    return Response(file.content, 200, headers, media_type=_media_type(file.content_type))


def _media_type(named: str) -> str:
    """Return the provider's name of the type; a header cannot carry every text a body can."""
    return named if _PRINTABLE.fullmatch(named) else "application/octet-stream"
