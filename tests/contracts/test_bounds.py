"""Whatever a request may hold many of has a bound."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from jackfield.http.lists import MOST_VALUES
from jackfield.http.routes import ROUTES
from jackfield.http.routing import Route
from jackfield.kit.ids import RunId
from tests.support.clock import NOW
from tests.support.running import Running
from tests.support.standstill import MOST_SECONDS, longest_standstill

_TAKING = [route for route in ROUTES if {"body", "query"} & route.parameters.keys()]


def unbounded(type_: inspect.Type, path: str, seen: frozenset[type]) -> Iterator[str]:
    """Yield where a type takes a list that may have any length."""
    match type_:
        case inspect.UnionType(types):
            for each in types:
                yield from unbounded(each, path, seen)
        case inspect.Metadata(inner):
            yield from unbounded(inner, path, seen)
        case inspect.StructType(cls, fields) if cls not in seen:
            for field in fields:
                yield from unbounded(field.type, f"{path}.{field.encode_name}", seen | {cls})
        case inspect.DictType():
            yield from unbounded(type_.value_type, f"{path}.*", seen)
        case inspect.CollectionType():
            if type_.max_length is None:
                yield path
            yield from unbounded(type_.item_type, f"{path}[]", seen)
        case _:
            pass


@pytest.mark.parametrize("route", _TAKING, ids=lambda route: route.handler.__name__)
def test_every_list_in_a_request_has_a_bound(route: Route) -> None:
    taken: dict[str, Any] = {
        name: type_ for name, type_ in route.parameters.items() if name in ("body", "query")
    }

    for name, type_ in taken.items():
        assert [*unbounded(inspect.type_info(type_), name, frozenset())] == []


def test_a_list_without_a_bound_would_be_found() -> None:
    class Loose(msgspec.Struct):
        names: dict[str, list[str] | None]

    found = unbounded(inspect.type_info(Loose), "body", frozenset())

    assert [*found] == ["body.names.*"]


@pytest.mark.anyio
@pytest.mark.database
async def test_the_longest_filter_is_answered_and_a_longer_one_refused(hub: Running) -> None:
    ids = [str(RunId.new(NOW)) for _ in range(MOST_VALUES)]
    filters = {
        "account_id": ids,
        "action_id": ids,
        "action_run_id": ids,
        "connector_version": ids,
        "mode": ids,
        "origin_owner_id": ids,
        "provider": ids,
        "request_id": ids,
        "source_id": ids,
        "source_type": ids,
        "action_type": ids,
        "status_code": list(range(MOST_VALUES)),
    }

    async def ask() -> None:
        taken = await hub.api.post("/logs/actions", json={"filters": filters})
        assert (taken.status_code, taken.json()["data"]) == (200, [])

    longest = await longest_standstill(ask)
    refused = await hub.api.post("/logs/actions", json={"filters": {"account_id": [*ids, ids[0]]}})

    assert refused.status_code == 422
    assert refused.json()["faults"] == [
        {"path": "filters.account_id", "message": f"Expected `array` of length <= {MOST_VALUES}"}
    ]
    assert longest < MOST_SECONDS


@pytest.mark.anyio
async def test_a_list_in_the_query_has_a_bound(hub: Running) -> None:
    too_many = ",".join(str(number) for number in range(MOST_VALUES + 1))

    for path in ("/accounts?account_ids", "/actions?filter[connectors]", "/requests/logs?actions"):
        response = await hub.api.get(f"{path}={too_many}")

        assert response.status_code == 422
