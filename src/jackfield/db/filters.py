"""SQL filters for lists: by value, by success and by time range."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import product
from math import prod
from typing import Final, LiteralString, TypeAlias, cast

from jackfield.kit.ids import Id

# A condition with one parameter, its name, and the allowed values; an empty sequence means all.
ValueFilter: TypeAlias = tuple[LiteralString, str, Sequence[object]]

# SQLite takes 500 selects in one statement.
_MOST_ALTERNATIVES: Final = 40


# Conditions of which each row meets one, and the values of their parameters.
Alternatives: TypeAlias = tuple[list[LiteralString], dict[str, object]]


def one_for_all() -> Alternatives:
    """Return the one condition that every row meets."""
    return [""], {}


def alternatives(lists: Mapping[LiteralString, Sequence[str]]) -> Alternatives | None:
    """
    Return conditions for the values that columns may have, or nothing if they would be too many.

    Each compares with one value a column, which an index has in the order of ids. For a list of
    values, either database may go through every row to find the newest few.
    """
    distinct: dict[LiteralString, dict[str, None]]
    distinct = {column: dict.fromkeys(chosen) for column, chosen in lists.items() if chosen}
    if prod(map(len, distinct.values())) > _MOST_ALTERNATIVES:
        return None
    conditions: list[LiteralString] = []
    values: dict[str, object] = {}
    for number, chosen in enumerate(product(*distinct.values())):
        condition: LiteralString = ""
        for column, value in zip(distinct, chosen, strict=True):
            name = cast("LiteralString", f"{column}_{number}")
            condition += f" and {column} = :{name}"
            values[name] = value
        conditions.append(condition)
    return conditions, values


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
