"""Blame of credentials for what was made of them."""

import base64
import re
from collections.abc import Mapping
from typing import Final

from jackfield.kit.errors import Fault

# What expressions take away or put in when they bring a key into its form.
_BLANK: Final = re.compile(r"\s|\\n")
# Shorter texts stand in a key by chance.
_SHORTEST_PART: Final = 32


def faults_of(credentials: Mapping[str, str], made: str, message: str) -> list[Fault]:
    """Return a fault at each credential that the text `made` is, or has as a part."""
    plain = _plain(made), _plain(base64.b64encode(made.encode("utf-8", "replace")).decode())
    return [
        Fault(name, message)
        for name, value in credentials.items()
        if (text := _plain(value))
        and (text in plain or (len(text) >= _SHORTEST_PART and any(text in each for each in plain)))
    ]


def _plain(text: str) -> str:
    return _BLANK.sub("", text)
