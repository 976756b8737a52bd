"""The well-known forms of text, in an action's inputs and in the form of an account."""

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

import jsonschema_rs


class Format(NamedTuple):
    """A text format: its pattern, and the fault of a value that does not match."""

    pattern: str
    words: str


# Controls and marks of no width.
_NEVER: Final = r"\x00-\x1f\x7f-\x9f\u200b\u2060\ufeff"
# A day there is: thirty days hath September, and the leap years are those of our calendar.
_LEAP_YEAR: Final = r"(?:\d{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY: Final = (
    r"(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    rf"|02-(?:0[1-9]|1\d|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_HOUR: Final = r"(?:[01]\d|2[0-3])"

FORMATS: Final[Mapping[str, Format]] = {
    "email": Format(
        rf"^[^\s@{_NEVER}]+@[^\s@{_NEVER}]+\.[^\s@{_NEVER}]+$", "must be an email address"
    ),
    "url": Format(
        rf"^https?://[^\s/$.?#{_NEVER}][^\s{_NEVER}]*$",
        "must be a URL that starts with http:// or https://",
    ),
    "uri": Format(rf"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s{_NEVER}]+$", "must be a URI"),
    "uuid": Format(r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "must be a UUID"),
    "date": Format(rf"^{_DAY}$", "must be a date like 2024-01-31"),
    "datetime": Format(
        rf"^{_DAY}T{_HOUR}:[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]{_HOUR}(?::?[0-5]\d)?)?$",
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
