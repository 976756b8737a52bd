"""Dates and times in Iterable's inputs: one that there is not is refused before anything is sent."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.json import Json

NAMED_AS_MOMENTS: Final = re.compile(r"(DateTime|At|Date|issuedBefore)$")
IMPOSSIBLE: Final = [
    "2025-02-30 08:00:00",
    "2025-13-01 08:00:00",
    "2024-13-45 99:99:99",
    "2025-04-31 08:00:00",
    "2023-02-29 00:00:00",
    "2025-01-31 25:00:00",
    "2025-01-31 23:60:00",
    "2025-00-10 00:00:00",
]
ITERABLE: Final = load(own_folder() / "iterable" / "iterable.connector.s1.yaml")


def moments(
    schema: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield where inputs hold a date or time, at every depth; lists are `[]`."""
    for name, declared in schema.get("properties", {}).items():
        shapes = [declared, *declared.get("anyOf", ())]
        here = (*path, name)
        for each in shapes:
            if each.get("type") == "string" and (
                NAMED_AS_MOMENTS.search(name) or each.get("format") in ("date", "date-time")
            ):
                yield here, each
        inner = declared.get("items", declared)
        yield from moments(inner, (*here, "[]") if inner is not declared else here)


def wrap(path: tuple[str, ...], value: Json) -> dict[str, Json]:
    for name in reversed(path):
        value = [value] if name == "[]" else {name: value}
    return value


def spell(path: tuple[str, ...]) -> str:
    return ".".join(path).replace(".[]", "[0]")


TABLE: Final = [(action, path) for action in ITERABLE.actions for path, _ in moments(action.schema)]


def faults(action: ActionInfo, inputs: Mapping[str, Json]) -> dict[str, str]:
    """Return the faults of inputs by path without the location."""
    try:
        action.compiled.accept({"body": inputs})
    except InvalidInputs as error:
        return {fault.path.partition(".")[2]: fault.message for fault in error.faults}
    return {}


def test_the_inputs_that_hold_dates_are_found() -> None:
    assert len(ITERABLE.actions) == 157
    assert len(TABLE) == 48
    assert {"sendAt", "createdAt", "startDateTime", "endDateTime", "expirationDateTime"} <= {
        path[-1] for _, path in TABLE
    }


@pytest.mark.parametrize(
    ("action", "path"), TABLE, ids=[f"{action.name}-{spell(path)}" for action, path in TABLE]
)
def test_a_date_that_there_is_not_is_refused_wherever_iterable_takes_one(
    action: ActionInfo, path: tuple[str, ...]
) -> None:
    for text in IMPOSSIBLE:
        for written in (text, text.replace(" ", "T") + "Z", text[:10]):
            if written == text[:10] and text.startswith("2025-01-31"):
                continue
            assert spell(path) in faults(action, wrap(path, written)), written


ORDERED: Final = [
    action
    for action in ITERABLE.actions
    if {"startDateTime", "endDateTime"} <= {*action.schema["properties"]}
]


@pytest.mark.parametrize("action", ORDERED, ids=lambda action: action.name)
def test_a_start_after_its_end_is_refused_and_one_before_it_is_not(action: ActionInfo) -> None:
    def refused(start: str, end: str) -> bool:
        found = faults(action, {"startDateTime": start, "endDateTime": end})
        return found.get("endDateTime") == "must not be before startDateTime"

    assert refused("2025-02-01 00:00:00", "2025-01-31 23:59:59")
    assert refused("2025-01-31 08:00:00 +00:00", "2025-01-31 09:00:00 +02:00")
    assert not refused("2025-01-31 08:00:00", "2025-01-31 08:00:00")
    assert not refused("2025-01-31 09:00:00+02:00", "2025-01-31 07:30:00Z")


def test_a_day_is_not_before_a_time_of_that_day() -> None:
    metrics = next(each for each in ORDERED if each.name == "get_campaign_metrics")

    def found(start: str, end: str) -> bool:
        return "endDateTime" in faults(metrics, {"startDateTime": start, "endDateTime": end})

    assert not found("2025-01-31T08:00:00Z", "2025-01-31")
    assert not found("2025-01-31", "2025-01-31")
    assert found("2025-02-01", "2025-01-31T23:00:00Z")


def test_every_action_with_a_start_and_an_end_compares_them() -> None:
    assert len(ORDERED) == 9
