"""`/jackfield/files/{token}`: files that a tool returned as links."""

from starlette.responses import Response

from jackfield.actions.files import service as files
from jackfield.actions.files.models import FileNotFound, FileToken
from jackfield.http.context import PublicContext, public
from jackfield.http.download import download
from jackfield.http.routing import Routes

api = Routes(public, tag="files")


@api.add("GET", f"{files.PATH}/{{token}}", raises=(FileNotFound,))
async def get_file(ctx: PublicContext, token: str) -> Response:
    """Return a file by its link, which works for 15 minutes without an API key."""
    file = await files.fetch(ctx.hub, FileToken(token))
    return download(file)
