"""Redacted fields: names whose values a project keeps out of its logs, beside those of secrets."""

from typing import Final

MOST_FIELDS: Final = 50
LONGEST_NAME: Final = 100


def is_field_name(name: str) -> bool:
    """Return whether a name, as it is compared, may be one of a member, parameter or header."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable()


def normal_name(name: str) -> str:
    """Return a name as it is compared: in lower case."""
    return name.strip().lower()
