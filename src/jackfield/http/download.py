"""A provider's file as a response.

It may be a page with scripts: whatever it is, it is saved and not shown.
"""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from jackfield.engine.run_context import File

_POLICY: Final = "default-src 'none'; sandbox"
SAVED: Final = {"content-disposition": "attachment", "content-security-policy": _POLICY}


def download(file: File) -> Response:
    named = f"attachment; filename*=UTF-8''{quote(file.name or 'file')}"
    headers = {**SAVED, "content-disposition": named}
    return Response(file.content, 200, headers, media_type=file.content_type)
