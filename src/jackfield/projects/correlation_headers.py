"""Correlation headers: those of a request that a project keeps with its runs, to find them by."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from jackfield.kit.headers import RequestHeaders
from jackfield.kit.redaction import Redactor
from jackfield.kit.secret_names import is_secret_name

MOST_HEADERS: Final = 10
LONGEST_NAME: Final = 64
LONGEST_VALUE: Final = 200

_NAME: Final = re.compile(r"x-[a-z0-9][a-z0-9-]*")
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]")


def is_correlation_header(name: str) -> bool:
    """Return whether a header, in lower case, may be kept: an `x-` one that holds no secret."""
    return len(name) <= LONGEST_NAME and bool(_NAME.fullmatch(name)) and not is_secret_name(name)


def kept_headers(
    names: Sequence[str], headers: RequestHeaders, redactor: Redactor
) -> Mapping[str, str]:
    """Return the values of the headers of these names, as they are searched for."""
    found = {name: normal_value(headers.get(name, "")) for name in names}
    return {name: redactor.text(value) for name, value in found.items() if value}


def normal_value(value: str) -> str:
    """Return a value as it is stored: without what cannot be printed, and cut."""
    return _UNPRINTABLE.sub("", value).strip()[:LONGEST_VALUE]
