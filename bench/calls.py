"""How many calls of functions one call of each surface takes, in process, with the provider replaced.

`python -m bench.calls [--table] [--json]`: a count does not depend on the machine. The application is
called as the server calls it; what the HTTP client and the server's protocol do is not in it.
"""

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop

from jackfield.kit import log
from tests.support.counted_calls import CountedHub, Counts, counted_hub

CALLS = 50
ACTION = "iterable_list_channels"
SURFACES: dict[str, tuple[str, object]] = {
    "action": ("/actions/rpc", {"action": ACTION}),
    "proxy": ("/unified/proxy", {"method": "get", "path": "/api/channels"}),
    "tool": (
        "/mcp",
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": ACTION, "arguments": {}},
        },
    ),
}


@dataclass(frozen=True)
class Figures:
    """The fewest calls of functions that one request took, and the shortest time."""

    counts: Counts
    microseconds: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--table", action="store_true", help="print an action call's functions")
    options.add_argument("--json", action="store_true", help="print the counts as JSON")
    chosen = options.parse_args()
    found = uvloop.run(measure_all())
    if chosen.table:
        print_table(found["action"].counts)
    rows = {
        surface: {
            "python": figures.counts.python.total(),
            "c": figures.counts.c.total(),
            "microseconds": round(figures.microseconds),
        }
        for surface, figures in found.items()
    }
    if chosen.json:
        print(json.dumps(rows))
        return
    print(f"{'':10}{'Python':>8}{'C':>8}{'µs':>8}")
    for surface, figures in rows.items():
        print(f"{surface:10}" + "".join(f"{each:8.0f}" for each in figures.values()))


async def measure_all() -> dict[str, Figures]:
    with tempfile.TemporaryDirectory() as name, (Path(name) / "log").open("w") as lines:
        log.configure(level="info", stream=lines)
        try:
            async with counted_hub(Path(name)) as hub:
                return {
                    surface: await measure(hub, path, body)
                    for surface, (path, body) in SURFACES.items()
                }
        finally:
            log.configure(level="error")


async def measure(hub: CountedHub, path: str, body: object) -> Figures:
    seconds, fewest = float("inf"), None
    for _ in range(CALLS):
        begun = time.perf_counter()
        answer = await hub.post(path, body)
        seconds = min(seconds, time.perf_counter() - begun)
        assert "Channel 4" in str(answer), answer
    for _ in range(CALLS):
        counts = Counts()
        await hub.post(path, body, counts)
        if fewest is None or counts.total < fewest.total:
            fewest = counts
    assert fewest is not None
    return Figures(fewest, seconds * 1e6)


def print_table(counts: Counts) -> None:
    for code, count in counts.python.most_common():
        print(f"{count:7} Python {Path(code.co_filename).name} {code.co_qualname}")
    for called, count in counts.c.most_common():
        print(f"{count:7} C      {called}")


if __name__ == "__main__":
    main()
