"""Parser of posted files (`multipart/form-data`), within bounds that hold for all of them."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from jackfield.ui.posted_form import read_bounded


@dataclass(frozen=True, slots=True)
class PostedFile:
    """A file of the control `field`; `name` is what the browser says it is called."""

    field: str
    name: str
    content: bytes


async def read_files(request: Request, *, most_files: int, most_bytes: int) -> list[PostedFile]:
    """
    Read the files of a posted form; a control that was left empty has none.

    Raises:
        HTTPException: they are more, or not a form, or do not arrive.
    """
    content = await read_bounded(request, most=most_bytes)

    async def stream() -> AsyncGenerator[bytes]:
        yield content

    parser = MultiPartParser(request.headers, stream(), max_files=most_files, max_fields=100)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400) from error
    try:
        return [
            PostedFile(field, value.filename, await value.read())
            for field, value in form.multi_items()
            if isinstance(value, UploadFile) and value.filename
        ]
    finally:
        await form.close()
