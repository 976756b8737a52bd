"""URLs, joined and serialized as the WHATWG standard does."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import quote, unquote, unquote_plus

from jackfield.kit.urls import find_origin

# A URL that needs no escaping and has no segment that starts with a dot.
_CLEAN: Final = re.compile(
    r"https?://[A-Za-z0-9.:\-]+(?:/(?![.])[A-Za-z0-9_.~!$&'()*+,;=:@%-]*)+"
    r"(?:\?[A-Za-z0-9_.~!$&()*+,;=:@%/?\[\]-]*)?"
)
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9_.~-]*")
_SPLIT: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*://[^/?#\\]*)?([^?#]*)(\?[^#]*)?", re.DOTALL)
_PATH_END: Final = re.compile(r"[?#]")
_IGNORED: Final = re.compile(r"[\t\n\r]")
_KEPT_IN_PATH: Final = "/!$%&'()*+,-.:;=@[\\]_|~^"
_KEPT_IN_QUERY: Final = "/?!$%&()*+,-.:;=@[\\]_|~^`{}"
_PART_END: Final = re.compile(r"[;\x00]")
_DOT: Final = frozenset({".", "%2e", "%2E"})
_TWO_DOTS: Final = frozenset(
    {"..", "%2e.", ".%2e", "%2e%2e", "%2E.", ".%2E", "%2E%2E", "%2e%2E", "%2E%2e"}
)


def normalize(url: str) -> str:
    """
    Return `url` as it is sent: unsafe characters escaped, dots resolved, without fragment.

    Existing escapes are kept.
    """
    if _CLEAN.fullmatch(url) and "%2e" not in url and "%2E" not in url:
        return url
    found = _SPLIT.match(_IGNORED.sub("", url.strip()))
    origin, path, query = found.groups() if found else ("", url, "")
    return (
        (origin or "")
        + quote(_without_dots(path.replace("\\", "/")) or "/", safe=_KEPT_IN_PATH, errors="replace")
        + quote(query or "", safe=_KEPT_IN_QUERY, errors="replace")
    )


def escape(text: str) -> str:
    """Percent-encode `text` for any part of a URL."""
    return text if _UNRESERVED.fullmatch(text) else quote(text, safe="", errors="replace")


def join_query(url: str, query: str, *, separator: str = "?") -> str:
    return f"{url}{separator}{query}" if query else url


def without_parameters(url: str, names: Collection[str]) -> str:
    """Leave parameters of these names out of a URL's query, however they are spelled there."""
    unwanted = {name.casefold() for name in names}
    start, mark, query = url.partition("?")
    if not mark or not unwanted:
        return url
    query, hash_mark, fragment = query.partition("#")
    kept = [
        pair
        for pair in query.split("&")
        if unquote_plus(pair.partition("=")[0]).casefold() not in unwanted
    ]
    return start + (f"?{'&'.join(kept)}" if kept else "") + hash_mark + fragment


def count_dots(url: str) -> int:
    """Count the parts of a URL's path that a server may read as `.` or `..`."""
    path = _PATH_END.split(_IGNORED.sub("", url), maxsplit=1)[0]
    if "/." not in path and "%" not in path and "\\" not in path:
        return 0
    # Some servers decode twice, and some cut a part at what follows a semicolon or a NUL.
    parts = re.split(r"[/\\]", unquote(unquote(path)))
    return sum(_PART_END.split(part, maxsplit=1)[0].strip() in (".", "..") for part in parts)


def origin_of(url: str) -> str:
    """Return the normalized scheme and authority; an empty text if there are none."""
    return str(find_origin(url) or "")


def path_and_query(url: str) -> str:
    found = _SPLIT.match(url)
    return ((found[2] or "/") + (found[3] or "")) if found else "/"


def _without_dots(path: str) -> str:
    if "/." not in path and "%2" not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment in _TWO_DOTS:
            if len(kept) > 1:
                kept.pop()
            if last:
                kept.append("")
        elif segment in _DOT:
            if last:
                kept.append("")
        else:
            kept.append(segment)
    return "/".join(kept)
