"""The scopes that a sign-in can ask for."""

import re
from collections.abc import Mapping
from typing import Final

from jackfield.kit.json import Json, is_list, text

_QUOTED: Final = re.compile(r"'([^']*)'")


def scopes_of(settings: Mapping[str, Json]) -> list[str]:
    """Return every scope that a sign-in can ask for, those of expressions as well."""
    given = settings.get("scopes")
    written = [str(each) for each in given] if is_list(given) else [str(given or "")]
    found: list[str] = []
    for each in written:
        parts = _QUOTED.findall(each) if "{{" in each else [each]
        for part in parts:
            found += part.replace(text(settings, "scopeDelimiter") or " ", " ").split()
    return found
