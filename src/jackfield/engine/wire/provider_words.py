"""The words in the body of a provider's error, and whether it is one at all."""

from collections.abc import Mapping
from typing import Final

from jackfield.kit.json import Json, is_list, is_object

# Further names providers give their words; the last two are those of RFC 9457.
_ALSO_SAID: Final = ("msg", "detail", "title")
# Longer than any message that is meant to be read.
LONGEST_SAID: Final = 2000
_SUCCESS: Final = ("success", "ok")


def said_in(body: Json) -> str | None:
    """Return what a body says, under any of the names that providers use, if it is long its start."""
    said = published_words(body)
    if not said and is_object(body):
        said = next((text for name in _ALSO_SAID if (text := text_in(body, name))), None)
    return said and said[:LONGEST_SAID]


def published_words(body: Json) -> str | None:
    """Return what a body says, where the published engine looks for it."""
    if is_list(body):
        return _said_in(body[0]) if body and is_object(body[0]) else None
    if is_object(body):
        return _said_in(body)
    return body if isinstance(body, str) and body else None


def says_failed(body: Json) -> bool:
    """Tell whether a body says that the request failed, whatever the status says."""
    if not is_object(body):
        return False
    if any(body.get(name) is False for name in _SUCCESS):
        return True
    error = body.get("error")
    return bool(error) and isinstance(error, str | dict)


def text_in(body: Mapping[str, Json], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _said_in(body: dict[str, Json]) -> str | None:
    error = body.get("error")
    if is_object(error) and isinstance(error.get("message"), str):
        return error["message"]
    return text_in(body, "message") or text_in(body, "error") or text_in(body, "error_description")
