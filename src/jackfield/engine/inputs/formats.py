"""The well-known forms of text, in an action's inputs and in the form of an account."""

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

import jsonschema_rs


class Format(NamedTuple):
    """A text format: its pattern, and the fault of a value that does not match."""

    pattern: str
    words: str


FORMATS: Final[Mapping[str, Format]] = {
    "email": Format(r"^[^\s@]+@[^\s@]+\.[^\s@]+$", "must be an email address"),
    "url": Format(
        r"^https?://[^\s/$.?#]\S*$", "must be a URL that starts with http:// or https://"
    ),
    "uri": Format(r"^[A-Za-z][A-Za-z0-9+.\-]*:\S+$", "must be a URI"),
    "uuid": Format(r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "must be a UUID"),
    "date": Format(r"^\d{4}-\d{2}-\d{2}$", "must be a date like 2024-01-31"),
    "datetime": Format(
        r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}(?::?\d{2})?)?$",
        "must be a time like 2024-01-31T12:00:00Z",
    ),
}
FORMAT_WORDS: Final = {format_.pattern: format_.words for format_ in FORMATS.values()}


def fits(name: str, text: str) -> bool:
    """
    Whether `text` has the format called `name`; every text has an unknown format.

    The pattern is matched by the inputs' validator, because Python's `re` has other digits and
    spaces than JSON Schema.
    """
    if name not in FORMATS:
        return True
    try:
        return _validator(name).is_valid(text)
    except UnicodeEncodeError:
        # A lone surrogate, which an expression can produce.
        return False


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(
        {"pattern": FORMATS[name].pattern}, pattern_options=jsonschema_rs.RegexOptions()
    )
