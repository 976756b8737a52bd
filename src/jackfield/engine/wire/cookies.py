"""Cookies that a response sets, by name."""

import re
from collections.abc import Mapping
from typing import Final

# Several `Set-Cookie` headers arrive joined by commas, and dates in them have commas, too.
_NEXT: Final = re.compile(r",\s*(?=[^\s;,=]+=)")


def read_cookies(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the cookies of a response; of two with one name the later one."""
    found: dict[str, str] = {}
    for cookie in _NEXT.split(headers.get("set-cookie", "")):
        name, equals, value = cookie.partition(";")[0].partition("=")
        if equals and name.strip():
            found[name.strip()] = value.strip().strip('"')
    return found
