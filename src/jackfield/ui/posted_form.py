"""Parser of posted forms (`application/x-www-form-urlencoded`)."""

import asyncio
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

_MOST_BYTES: Final = 1024 * 1024
_MOST_FIELDS: Final = 2000
_SECONDS: Final = 30
# The controls of the page itself, which are not fields of the connector.
_PAGE_FIELDS: Final = frozenset({"_need", "_refresh", "_confirm_identity", "_project"})


@dataclass(frozen=True, slots=True)
class Form:
    """The filled fields of a form in order, stripped of blanks."""

    pairs: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.pairs if each == name]

    def has(self, name: str) -> bool:
        return any(each == name for each, _ in self.pairs)

    def fields(self) -> dict[str, str]:
        return {name: value for name, value in self.pairs if name not in _PAGE_FIELDS}


async def read_form(request: Request) -> Form:
    """
    Read a posted form; another time, it is the same.

    Raises:
        HTTPException: it is larger than any form of ours, or not a form, or does not arrive.
    """
    known: Form | None = getattr(request.state, "form", None)
    if known is None:
        known = request.state.form = await _read(request)
    return known


async def _read(request: Request) -> Form:
    content = await read_bounded(request, most=_MOST_BYTES)
    try:
        pairs = parse_qsl(content.decode(), max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400) from error
    return Form(tuple((name, value.strip()) for name, value in pairs if value.strip()))


async def read_bounded(request: Request, *, most: int) -> bytes:
    """
    Read a body of at most so many bytes.

    Raises:
        HTTPException: it is larger, or does not arrive.
    """
    content = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            async for chunk in request.stream():
                content += chunk
                if len(content) > most:
                    raise HTTPException(413)
    except TimeoutError as error:
        raise HTTPException(408) from error
    return bytes(content)
