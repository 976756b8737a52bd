"""The engine alone: one action, mapping rows, compiling a connector.

`python -m bench.engine [--json]`

No network: answers come from memory. Each figure is the best of several rounds. Beside each stands
how many times a plain `json` round trip of a small document takes on the same machine in the same
run, so that figures from different machines can be compared.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from jackfield.connectors.catalog import Catalog
from jackfield.connectors.loading.discovery import own_folder
from jackfield.engine.connector import CompiledConnector
from jackfield.engine.expressions import text
from jackfield.engine.ports import Request, Response
from jackfield.testing.calls import make_run_context

ROUNDS = 7
BUDGETS = {
    "action, one request (µs)": 50,
    "mapped row, 21 fields, map and typecast (µs)": 20,
    "load and compile 157 actions, cold (ms)": 250,
    "load 157 actions, warm (ms)": 30,
}


class Provider:
    """Answers every request with the same bytes."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def send(self, request: Request) -> Response:
        return Response(200, {"content-type": "application/json"}, self._body, request.url)


def connector(actions: list[dict], mode: str) -> dict:
    return {
        "StackOne": "1.0.0",
        "engine": mode,
        "info": {"key": "bench", "version": "1.0.0"},
        "baseUrl": "https://api.example.com",
        "authentication": [
            {
                "api_key": {
                    "type": "custom",
                    "authorization": {"type": "bearer", "token": "$.credentials.api_key"},
                }
            }
        ],
        "actions": actions,
    }


def request_action(number: int) -> dict:
    present = "{{present(inputs.limit)}}"
    return {
        "actionId": f"list_users_{number}",
        "effects": ["read"],
        "inputs": [
            {"name": "id", "type": "string", "in": "path", "required": True},
            {"name": "limit", "type": "number", "in": "query"},
            {"name": "q", "type": "string", "in": "query"},
        ],
        "steps": [
            {
                "stepId": "get",
                "stepFunction": {
                    "functionName": "request",
                    "parameters": {
                        "url": "/users/${inputs.id}/things",
                        "method": "get",
                        "args": [
                            {
                                "name": "limit",
                                "value": "$.inputs.limit",
                                "in": "query",
                                "condition": present,
                            },
                            {"name": "q", "value": "$.inputs.q", "in": "query"},
                        ],
                        "response": {"dataKey": "users"},
                    },
                },
            }
        ],
        "result": {"data": "$.steps.get.output.data"},
    }


def mapping_action() -> dict:
    types = ["string"] * 9 + ["number"] * 4 + ["boolean"] * 3 + ["datetime_string"] * 2
    fields = [
        {"targetFieldKey": f"f{i}", "type": kind, "expression": f"$.f{i}"}
        for i, kind in enumerate(types)
    ]
    fields += [
        {"targetFieldKey": "full", "type": "string", "expression": "${f0} ${f1}"},
        {
            "targetFieldKey": "state",
            "type": "enum",
            "expression": "$.f2",
            "enumMapper": {
                "matcher": [
                    {"matchExpression": "{{f2 == 'v2'}}", "value": "active"},
                    {"matchExpression": "{{f2 == 'off'}}", "value": "inactive"},
                ]
            },
        },
        {
            "targetFieldKey": "city",
            "type": "string",
            "expression": "{{address.city ?? 'unknown'}}",
        },
    ]
    steps = [
        {
            "stepId": "get",
            "stepFunction": {
                "functionName": "request",
                "parameters": {"url": "/rows", "method": "get"},
            },
        },
        {
            "stepId": "map",
            "stepFunction": {
                "functionName": "map_fields",
                "version": "2",
                "parameters": {"dataSource": "$.steps.get.output.data", "fields": fields},
            },
        },
        {
            "stepId": "cast",
            "stepFunction": {
                "functionName": "typecast",
                "version": "2",
                "parameters": {"dataSource": "$.steps.map.output.data", "fields": fields},
            },
        },
    ]
    result = {"data": "$.steps.cast.output.data"}
    return {"actionId": "list_rows", "effects": ["read"], "steps": steps, "result": result}


def row(number: int) -> dict:
    texts = {f"f{i}": f"v{i}" for i in range(9)}
    numbers = {f"f{i}": str(number * i) for i in range(9, 13)}
    truths = {f"f{i}": "true" for i in range(13, 16)}
    dates = {"f16": "2024-01-02", "f17": "2024-01-02T03:04:05Z"}
    return {"id": number, **texts, **numbers, **truths, **dates, "address": {"city": "Ulm"}}


async def best(run: Callable[[], Awaitable[object]], times: int) -> float:
    """Return the seconds one of `times` runs takes, in the best of several rounds."""
    seconds = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(times):
            await run()
        seconds = min(seconds, (time.perf_counter() - start) / times)
    return seconds


async def action_time(mode: str) -> float:
    compiled = CompiledConnector(connector([request_action(1)], mode))
    action = compiled.action("list_users_1")
    inputs = action.accept({"path": {"id": "42"}, "query": {"limit": 5}})
    call = make_run_context(
        Provider(b'{"users":[{"id":1}]}'), {"api_key": "k"}, inputs=inputs, auth_method="api_key"
    )
    return await best(lambda: action.run(call), 2000)


async def row_time(rows: int, mode: str) -> float:
    action = CompiledConnector(connector([mapping_action()], mode)).action("list_rows")
    filled = Provider(json.dumps([row(i) for i in range(rows)]).encode())
    call = make_run_context(filled, {"api_key": "k"}, auth_method="api_key")
    empty = make_run_context(Provider(b"[]"), {"api_key": "k"}, auth_method="api_key")
    whole = await best(lambda: action.run(call), 20)
    return (whole - await best(lambda: action.run(empty), 200)) / rows


def compile_time(actions: int) -> float:
    document = connector([request_action(i) for i in range(actions)], "strict")
    seconds = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        compiled: CompiledConnector = CompiledConnector(document)
        for i in range(actions):
            compiled.action(f"list_users_{i}")
        seconds = min(seconds, time.perf_counter() - start)
    return seconds


def load_times() -> tuple[float, float]:
    """
    Return the seconds it takes to have our largest connector ready.

    Cold, everything is read, checked and compiled. Warm, what was read comes from the cache, and an
    action is compiled when it is first called.
    """
    cold = warm = float("inf")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            cache = Path(folder) / str(number)
            text._settled_once.cache_clear()  # noqa: SLF001 - a cold start knows no text yet
            start = time.perf_counter()
            catalog = Catalog([own_folder() / "iterable"], cache=cache)
            catalog.load()
            for action in catalog.get("iterable").actions:
                catalog.action(action.id)
            cold = min(cold, time.perf_counter() - start)
            start = time.perf_counter()
            Catalog([own_folder() / "iterable"], cache=cache).load()
            warm = min(warm, time.perf_counter() - start)
    return cold, warm


def yardstick() -> float:
    document = {"users": [{"id": i, "name": f"n{i}", "tags": ["a", "b"]} for i in range(10)]}

    async def round_trip() -> object:
        return json.loads(json.dumps(document))

    return asyncio.run(best(round_trip, 2000))


def measure() -> dict[str, float]:
    cold, warm = load_times()
    return {
        "action, one request (µs)": asyncio.run(action_time("strict")) * 1e6,
        "action, one request, compat (µs)": asyncio.run(action_time("compat")) * 1e6,
        "mapped row, 21 fields, map and typecast (µs)": asyncio.run(row_time(100, "strict")) * 1e6,
        "mapped row, compat (µs)": asyncio.run(row_time(100, "compat")) * 1e6,
        "compile 160 small actions (ms)": compile_time(160) * 1e3,
        "load and compile 157 actions, cold (ms)": cold * 1e3,
        "load 157 actions, warm (ms)": warm * 1e3,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    figures = measure()
    unit = yardstick() * 1e6
    if arguments.json:
        print(json.dumps({"figures": figures, "yardstick_us": unit}))
        return
    print(f"{'':<48}{'figure':>9}{'budget':>9}{'yardsticks':>12}")
    for name, figure in figures.items():
        budget = BUDGETS.get(name)
        micros = figure * 1000 if name.endswith("(ms)") else figure
        shown = f"{budget:>9}" if budget else " " * 9
        print(f"{name:<48}{figure:>9.1f}{shown}{micros / unit:>12.2f}")
    print(f"one yardstick: {unit:.1f} µs")


if __name__ == "__main__":
    main()
