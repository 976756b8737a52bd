"""The values inside an input: names and nulls at every depth, and dates that there are."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final

from jackfield.kit.errors import Fault
from jackfield.kit.json import Json, as_object, is_list, is_object, items, texts

_MOMENT: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2}))?)?", re.ASCII
)
# What may follow: a fraction and where the clock stands, in the ways that providers write them.
_REST: Final = re.compile(
    r"(?:[.,]\d+)?\s?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?", re.ASCII | re.IGNORECASE
)
# How a pattern begins that asks for a date.
_DATE_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}"
_NO_MOMENT: Final = "must be a date and time that there is"
_NOT_WRITTEN: Final = "must be a date and time like 2024-01-31T12:00:00Z"


def tidy(entry: Mapping[str, Json], value: Json, path: str, faults: list[Fault]) -> Json:
    """
    Return the value of an input without the nulls of optional properties.

    What no schema tells is added to `faults`: names that an object does not declare, and days and
    hours that there are not. An object that declares no properties is free.
    """
    if entry.get("array") is True and is_list(value):
        return [
            _tidy_one(entry, item, f"{path}[{index}]", faults) for index, item in enumerate(value)
        ]
    return _tidy_one(entry, value, path, faults)


def unknown(path: str, name: str, known: Mapping[str, object], *, of: str) -> Fault:
    """Return what is wrong with a name that is not declared."""
    shown = name[:64]
    near = get_close_matches(shown, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return Fault(f"{path}.{shown}", f"is not {of}{hint}")


def _tidy_one(entry: Mapping[str, Json], value: Json, path: str, faults: list[Fault]) -> Json:
    if isinstance(value, str):
        if _asks_for_moment(entry) and _is_impossible(value):
            faults.append(Fault(path, _NO_MOMENT))
        elif entry.get("type") == "datetime_string" and not _is_written(entry, value):
            faults.append(Fault(path, _NOT_WRITTEN))
        return value
    if not is_object(value) or not entry.get("properties") or entry.get("variants"):
        return value
    declared = {str(each.get("name")): each for each in items(entry, "properties")}
    made: dict[str, Json] = {}
    for name, inner in value.items():
        known = declared.get(name)
        if known is None:
            faults.append(unknown(path, name, declared, of="a property of this object"))
        elif inner is not None or known.get("required") is True or known.get("nullable") is True:
            made[name] = tidy(known, inner, f"{path}.{name}", faults)
    names = texts(as_object(entry.get("rules")), "atLeastOneOf")
    if names and not any(made.get(name) for name in names):
        faults.append(Fault(path, f"give at least one of {', '.join(names)}"))
    return made


def _asks_for_moment(entry: Mapping[str, Json]) -> bool:
    pattern = as_object(entry.get("rules")).get("pattern")
    return entry.get("type") == "datetime_string" or (
        isinstance(pattern, str) and pattern.startswith(_DATE_PATTERN)
    )


def _is_written(entry: Mapping[str, Json], text: str) -> bool:
    """Tell whether a text is written as a moment; a connector's own pattern or choice goes first."""
    rules = as_object(entry.get("rules"))
    if entry.get("variants") or entry.get("oneOf") or {"pattern", "format"} & rules.keys():
        return True
    found = _MOMENT.match(text.strip())
    return found is not None and _REST.fullmatch(text.strip(), found.end()) is not None


def _is_impossible(text: str) -> bool:
    """Tell whether a text is written as a moment and is none, such as the 30th of February."""
    found = _MOMENT.match(text.strip())
    if found is None:
        return False
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return True
    return False
