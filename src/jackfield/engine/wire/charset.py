"""The character set of an answer: what it says of itself, else UTF-8."""

import codecs
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE
from typing import Final

from jackfield.engine.ports import Response

_DECLARED: Final = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# Python has more under the name of a character set than characters.
_KNOWN: Final = re.compile(
    r"(?:utf[-_]?(?:8|16|32)(?:[-_]?[lb]e)?|iso[-_]?8859[-_]?\d{1,2}|latin[-_]?\d{1,2}|l1"
    r"|(?:windows|cp|ibm)[-_]?\d{3,5}|koi8[-_]?[rtu]|gb(?:2312|k|18030)|big5(?:[-_]?hkscs)?"
    r"|shift[-_]?jis|sjis|euc[-_]?(?:jp|kr)|iso[-_]?2022[-_]?(?:jp|kr)|mac[-_]?roman|tis[-_]?620)",
    re.IGNORECASE,
)
_UTF8: Final = "utf-8"
_BOM: Final = "\ufeff"
_WINDOW: Final = 1024 * 1024


def charset_of(response: Response) -> str:
    """Return the codec an answer is to be read with; a byte order mark is believed first."""
    body = response.body
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and not body.startswith(BOM_UTF32_LE):
        return "utf-16"
    declared = _DECLARED.search(response.headers.get("content-type", ""))
    if declared is None or not _KNOWN.fullmatch(declared[1]):
        # ASCII is among these: UTF-8 has all of it.
        return _UTF8
    try:
        return codecs.lookup(declared[1]).name
    except LookupError:
        return _UTF8


def text_of(response: Response) -> str:
    """Return the body as text; what its character set does not have is U+FFFD."""
    return _decode(response, "replace")


def exact_text_of(response: Response) -> str:
    """
    Return the body as text.

    Raises:
        UnicodeDecodeError: it is not of its character set throughout.
    """
    return _decode(response, "strict")


def utf8_of(response: Response) -> bytes:
    """Return the body in UTF-8, for what reads nothing else."""
    return response.body if charset_of(response) == _UTF8 else text_of(response).encode()


def is_damaged(response: Response) -> bool:
    """Tell whether some of the body can only be read as U+FFFD."""
    if response.body.isascii() and charset_of(response) == _UTF8:
        return False
    try:
        exact_text_of(response)
    except UnicodeDecodeError:
        return True
    return False


def _decode(response: Response, errors: str) -> str:
    body, charset = response.body, charset_of(response)
    if len(body) <= _WINDOW:
        return body.decode(charset, errors).removeprefix(_BOM)
    # A window at a time: none holds the interpreter's lock for long.
    decoder = codecs.getincrementaldecoder(charset)(errors)
    parts = [
        decoder.decode(body[start : start + _WINDOW], final=start + _WINDOW >= len(body))
        for start in range(0, len(body), _WINDOW)
    ]
    return "".join(parts).removeprefix(_BOM)
