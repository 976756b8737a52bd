"""Reading a posted form: `application/x-www-form-urlencoded`, as our pages send it."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

_MOST_BYTES: Final = 1024 * 1024
_MOST_FIELDS: Final = 200


async def read_form(request: Request) -> dict[str, str]:
    """
    Return the fields that were filled in, by name, without blanks around them.

    Raises:
        HTTPException: it is larger than any form of ours, or not a form.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(content.decode(), max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400) from error
    return {name: value.strip() for name, value in pairs if value.strip()}
