"""How much memory a hub holds as calls go by, at concurrency 16.

`python -m bench.memory [--calls 500000] [--postgres]`; needs nginx and wrk. The load is that of
`bench.action`; each line is what the process holds once so many calls have been made. `--postgres`
starts a PostgreSQL for it, in a temporary folder.
"""

import argparse
import asyncio
import contextlib
import tempfile
from pathlib import Path

from bench.action import action_call
from bench.load import wrk
from bench.processes import resident_megabytes
from bench.served_hub import serving
from bench.upstream import nginx
from tests.support import postgres

CONCURRENCY = 16
MARKS = (5_000, 20_000, 50_000, 100_000, 200_000, 300_000, 400_000, 500_000)
BURST_SECONDS = 3


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=500_000, help="how many to make in all")
    options.add_argument("--postgres", action="store_true", help="on PostgreSQL, not on SQLite")
    given = options.parse_args()

    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        database = None
        if given.postgres:
            server = stack.enter_context(postgres.running())
            database = asyncio.run(postgres.new_database(server, "bench"))
        upstream = stack.enter_context(nginx(Path(name)))
        hub = stack.enter_context(serving(Path(name), upstream.direct, database=database))
        print(f"{'at start':>12}{resident_megabytes(hub.pid):8.1f} MB", flush=True)
        request = action_call(hub, hub.link())
        calls = 0
        for mark in MARKS:
            if mark > given.calls:
                break
            while calls < mark:
                calls += wrk(request, CONCURRENCY, BURST_SECONDS).calls
            print(f"{calls:12}{resident_megabytes(hub.pid):8.1f} MB", flush=True)


if __name__ == "__main__":
    main()
