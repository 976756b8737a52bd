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


@dataclass(frozen=True, slots=True)
class FileForm:
    """A posted form with files; `texts` are its other fields, by name."""

    files: tuple[PostedFile, ...]
    texts: tuple[tuple[str, str], ...]


async def read_files(request: Request, *, most_files: int, most_bytes: int) -> FileForm:
    """
    Read a posted form with files; a control that was left empty has none.

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
        items = form.multi_items()
        files = [
            PostedFile(field, value.filename, await value.read())
            for field, value in items
            if isinstance(value, UploadFile) and value.filename
        ]
        texts = [(field, value) for field, value in items if isinstance(value, str)]
        return FileForm(tuple(files), tuple(texts))
    finally:
        await form.close()
