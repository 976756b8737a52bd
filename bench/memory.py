"""How much memory a hub holds as calls go by, at concurrency 16.

`python -m bench.memory [--calls 500000] [--postgres]`; needs nginx and wrk. The load is that of
`bench/action.py`; each line is what the process holds once so many calls have been made. `--postgres`
starts a PostgreSQL for it, in a temporary folder.
"""

import argparse
import asyncio
import contextlib
import os
import tempfile
from pathlib import Path

from bench.action import POST, free_port, hub, link, nginx, resident_megabytes, wait_for, wrk
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
        if given.postgres:
            url = asyncio.run(
                postgres.new_database(stack.enter_context(postgres.running()), "bench")
            )
            os.environ["JACKFIELD_DATABASE_URL"] = url
        folder = Path(name)
        upstream, proxy, port = free_port(), free_port(), free_port()
        stack.enter_context(nginx(folder, upstream, proxy))
        process = stack.enter_context(hub(folder, upstream, port))
        wait_for(f"http://127.0.0.1:{port}/healthz")
        print(f"{'at start':>12}{resident_megabytes(process.pid):8.1f} MB", flush=True)
        key, account = link(folder, port)
        script = folder / "post.lua"
        script.write_text(POST.format(key=key, account=account))
        url = f"http://127.0.0.1:{port}/actions/rpc"
        calls = 0
        for mark in MARKS:
            if mark > given.calls:
                break
            while calls < mark:
                calls += wrk(url, script, CONCURRENCY, BURST_SECONDS).calls
            print(f"{calls:12}{resident_megabytes(process.pid):8.1f} MB", flush=True)


if __name__ == "__main__":
    main()
