"""How many calls of functions one action call takes, in process, with the provider replaced.

`python -m bench.calls [--table]`: a count does not depend on the machine. The application is called as
the server calls it; what the HTTP client and the server's protocol do is not in it.
"""

import argparse
import tempfile
import time
from pathlib import Path

import uvloop

from jackfield.kit import log
from tests.support.counted_calls import Counts, counted_hub

CALLS = 50
BODY = {"action": "iterable_list_channels"}


async def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--table", action="store_true", help="print the functions, too")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, (Path(name) / "log").open("w") as lines:
        log.configure(level="info", stream=lines)
        async with counted_hub(Path(name)) as hub:
            best = float("inf")
            for _ in range(5):
                begun = time.perf_counter()
                for _ in range(CALLS):
                    await hub.post("/actions/rpc", BODY)
                best = min(best, (time.perf_counter() - begun) / CALLS)
            counts = Counts()
            for _ in range(CALLS):
                await hub.post("/actions/rpc", BODY, counts)
    python, c = counts.python.total() / CALLS, counts.c.total() / CALLS
    print(f"one action call: {python:.0f} calls of Python functions, {c:.0f} of C functions")
    print(f"{best * 1e6:.0f} µs in process, the best of five times {CALLS}")
    if chosen.table:
        for code, count in counts.python.most_common():
            print(f"{count / CALLS:7.2f} Python {Path(code.co_filename).name} {code.co_qualname}")
        for called, count in counts.c.most_common():
            print(f"{count / CALLS:7.2f} C      {called}")


if __name__ == "__main__":
    uvloop.run(main())
