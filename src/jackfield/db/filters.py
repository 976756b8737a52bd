"""SQL filters for log lists: by value, by success and by time range."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import LiteralString, TypeAlias

from jackfield.kit.ids import Id

# A condition with one parameter, its name, and the allowed values; an empty sequence means all.
ValueFilter: TypeAlias = tuple[LiteralString, str, Sequence[object]]


def value_clauses(choices: Iterable[ValueFilter]) -> tuple[LiteralString, dict[str, object]]:
    """Return the SQL conditions of the filters that are set, and the values of their parameters."""
    where: LiteralString = ""
    values: dict[str, object] = {}
    for condition, name, chosen in choices:
        if chosen:
            where += condition
            values[name] = chosen
    return where, values


def filter_clauses(
    choices: Iterable[ValueFilter],
    *,
    success: bool | None,
    since: datetime | None,
    until: datetime | None,
    id_type: type[Id],
) -> tuple[LiteralString, dict[str, object]]:
    """Return the SQL conditions, each with its `and`, and the values of their parameters."""
    where, values = value_clauses(choices)
    if success is not None:
        where += " and success" if success else " and not success"
    # Ids are in the order of time, and there is an index on them.
    if since is not None:
        where += " and id >= :since"
        values["since"] = id_type.floor(since)
    if until is not None:
        where += " and id < :until"
        values["until"] = id_type.floor(until)
    return where, values
