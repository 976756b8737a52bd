"""Request bodies, read within bounds."""

import asyncio
import codecs
from typing import Final, TypeVar

from starlette.types import Receive, Scope

from jackfield.http.whole_messages import offered
from jackfield.kit.decoding import as_sentence, fault_of
from jackfield.kit.errors import HubError, InvalidRequest
from jackfield.kit.ids import InvalidId
from jackfield.kit.json import (
    MOST_LEVELS,
    DecodeError,
    ValidationError,
    convert_decoded,
    decode,
    is_deep,
)
from jackfield.kit.large_json import LARGE, TooDeep, TooManyValues, parse_request
from jackfield.kit.whole_numbers import whole_number

T = TypeVar("T")

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
_BODY_SECONDS: Final = 30
_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FIRST: Final = 4
_NO_UTF8: Final = (
    "the request body is not JSON in UTF-8: send it in UTF-8 and without a byte order mark, whatever "
    "the charset of its content type"
)


class BodyTooLarge(HubError):
    """The request body is larger than this hub takes: 16 MB."""

    code = "body_too_large"
    status = 413

    def __init__(self) -> None:
        super().__init__(f"the request body is larger than {MAX_BODY_BYTES // 1024**2} MB")


class BodyTooSlow(HubError):
    """The request body did not arrive in time."""

    code = "body_too_slow"
    status = 408

    def __init__(self) -> None:
        super().__init__(f"the request body took longer than {_BODY_SECONDS} seconds to arrive")


class InvalidJson(HubError):
    """The request body is not JSON."""

    code = "invalid_json"
    status = 400


class ClientGone(HubError):
    """The client hung up before its request was complete."""

    code = "client_gone"
    status = 499


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """
    Read the whole body of a request.

    Raises:
        BodyTooLarge: it is larger than 16 MB.
        BodyTooSlow: it took longer than 30 seconds to arrive.
        ClientGone: the client hung up first.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and not _fits(value):
            raise BodyTooLarge
    whole = offered(scope)
    if whole is not None and (body := whole.take_body()) is not None:
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        return body
    parts = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                parts += message.get("body", b"")
                if len(parts) > MAX_BODY_BYTES:
                    raise BodyTooLarge
                if not message.get("more_body"):
                    return bytes(parts)
    except TimeoutError as error:
        raise BodyTooSlow from error


def _fits(length: bytes) -> bool:
    return whole_number(length.decode(), most=MAX_BODY_BYTES) is not None


def _encoding_fault(content: bytes) -> str | None:
    """Return what to say of a body that is JSON in another encoding, whatever its type claims."""
    if content.startswith(_MARKS) or b"\0" in content[:_FIRST]:
        return _NO_UTF8
    try:
        content.decode()
    except UnicodeDecodeError:
        return _NO_UTF8
    return None


async def parse_body(content: bytes, type_: type[T]) -> T:
    """
    Read JSON as a `type_`.

    Raises:
        InvalidJson: it is not JSON, nested too deep, or empty where a field is required.
        InvalidRequest: it is JSON, but not a `type_`; the fault names the place, never the value.
    """
    try:
        # An empty body stands for one without members.
        if len(content) > LARGE:
            plain = await parse_request(content)
            return convert_decoded(plain, type_)
        value = decode(content or b"{}", type_)
    except ValidationError as error:
        if not content:
            raise InvalidJson from None
        fault = fault_of(error, type_)
        msg = as_sentence(fault, fault.path or "the body")
        raise InvalidRequest(msg, faults=[fault]) from None
    except (TooDeep, TooManyValues) as error:
        msg = f"the request body cannot be read: {error}"
        raise InvalidJson(msg) from None
    except (DecodeError, RecursionError):
        # Not chained: the cause could quote what was sent.
        raise InvalidJson(_encoding_fault(content)) from None
    except InvalidId as error:
        raise InvalidRequest(str(error)) from None
    if is_deep(content):
        msg = f"the request body is nested deeper than {MOST_LEVELS} levels"
        raise InvalidJson(msg)
    return value
