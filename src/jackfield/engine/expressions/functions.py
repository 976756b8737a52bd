"""
Functions that an expression may call.

Each takes a fixed number of arguments, `UNDEFINED` for those left out, after the meter of the
evaluation. None reaches anything but its arguments and the clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from jackfield.engine.current_time import now as current_time
from jackfield.engine.dates import add_years, in_year, read_date_as, years_between
from jackfield.engine.expressions import js
from jackfield.engine.expressions.extensions import EXTENSIONS
from jackfield.engine.expressions.meter import Meter
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json

Implementation: TypeAlias = Callable[..., Json]

_MOST_YEARS: Final = 5000


@dataclass(frozen=True, slots=True)
class Function:
    """A function; `quirk` is the published engine's, where it differs from its documentation."""

    call: Implementation
    arity: int
    quirk: Implementation | None = None


def present(_meter: Meter, value: Json) -> bool:
    return value is not None and value is not UNDEFINED


def missing(_meter: Meter, value: Json) -> bool:
    return value is None or value is UNDEFINED or value == ""


def includes(meter: Meter, items: Json, members: Json) -> bool:
    """Whether `items` has `members`: one value, or all of a list."""
    return _membership(meter, items, members, all)


def includes_some(meter: Meter, items: Json, members: Json) -> bool:
    return _membership(meter, items, members, any)


def keys(_meter: Meter, value: Json) -> list[Json]:
    kind: object = value.__class__
    return list(js.in_order(value)) if kind is dict else []


def values(_meter: Meter, value: Json) -> list[Json]:
    kind: object = value.__class__
    return list(js.in_order(value).values()) if kind is dict else []


def now(_meter: Meter) -> str:
    return js.iso_text(current_time())


def years_elapsed(_meter: Meter, start: Json, pattern: Json, end: Json) -> Json:
    begin = read_date_as(_text(start), _text(pattern))
    absent = end is None or end is UNDEFINED
    finish = current_time() if absent else read_date_as(_text(end), _text(pattern))
    return None if begin is None or finish is None else years_between(begin, finish)


def next_anniversary(_meter: Meter, date: Json, pattern: Json) -> Json:
    first = read_date_as(_text(date), _text(pattern))
    if first is None:
        return None
    today = current_time().replace(hour=0, minute=0, second=0, microsecond=0)
    this_year = in_year(first, today.year)
    return js.Date(this_year if this_year >= today else in_year(first, today.year + 1))


def has_passed(_meter: Meter, date: Json, pattern: Json, years: Json) -> bool:
    due = read_date_as(_text(date), _text(pattern))
    return due is not None and add_years(due, _whole(years)) <= current_time()


def is_ahead(_meter: Meter, date: Json, pattern: Json, years: Json) -> bool:
    """Whether the date is today or later, as the published `hasPassed` has it."""
    due = read_date_as(_text(date), _text(pattern))
    return due is not None and current_time() - timedelta(days=1) < add_years(due, _whole(years))


def _membership(
    meter: Meter, items: Json, members: Json, combine: Callable[[list[bool]], bool]
) -> bool:
    kind: object = items.__class__
    if kind is not list or not items or missing(meter, members):
        return False
    members_kind: object = members.__class__
    candidates = members if members_kind is list else [members]
    meter.spend(len(items) * len(candidates))
    return combine([js.contains(candidate, items) for candidate in candidates])


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Json) -> int:
    number = js.to_number(value)
    return int(number) if abs(number) < _MOST_YEARS else 0


FUNCTIONS: Final[Mapping[str, Function]] = {
    "present": Function(present, 1),
    "missing": Function(missing, 1),
    "includes": Function(includes, 2),
    "includesSome": Function(includes_some, 2),
    "keys": Function(keys, 1),
    "values": Function(values, 1),
    "now": Function(now, 0),
    "yearsElapsed": Function(years_elapsed, 3),
    "nextAnniversary": Function(next_anniversary, 2),
    "hasPassed": Function(has_passed, 3, quirk=is_ahead),
    **{name: Function(call, arity) for name, (call, arity) in EXTENSIONS.items()},
}
