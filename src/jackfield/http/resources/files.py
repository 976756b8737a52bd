"""`/jackfield/files/{token}`: files that a tool gave back as links."""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from jackfield.actions.files import service as files
from jackfield.actions.files.models import FileNotFound, FileToken
from jackfield.http.context import PublicContext, anybody
from jackfield.http.routing import Routes

api = Routes(anybody, tag="files")

# A provider's file may be a page with scripts: whatever it is, it is saved and not shown.
_POLICY: Final = "default-src 'none'; sandbox"


@api.add("GET", f"{files.PATH}/{{token}}", raises=(FileNotFound,))
async def get_file(ctx: PublicContext, token: str) -> Response:
    """Return a file by its link; whoever has the link may, for 15 minutes."""
    file = await files.fetch(ctx.hub, FileToken(token))
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name or 'file')}",
        "content-security-policy": _POLICY,
    }
    return Response(file.content, 200, headers, media_type=file.content_type)
