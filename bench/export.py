"""What an export of many users costs the hub: its memory before, during and after.

`python -m bench.export [--users 100000]`: an Iterable sandbox and a hub as processes of their own,
and a client that reads the rows and keeps none. All of it on loopback, once.
"""

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import resident_megabytes
from bench.served_hub import JACKFIELD, ServedHub, serving
from jackfield.client import Hub


@dataclass(frozen=True)
class Figures:
    rows: int
    megabytes: float
    seconds: float
    before_mb: float
    at_most_mb: float
    after_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--users", type=int, default=100_000)
    found = measure(parser.parse_args().users)
    print(f"{found.rows:,} rows, {found.megabytes:.1f} MB in {found.seconds:.1f} s")
    print(
        f"the hub's memory: {found.before_mb:.1f} MB before, at most {found.at_most_mb:.1f}, "
        f"{found.after_mb:.1f} after"
    )


def measure(users: int) -> Figures:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seed = folder / "seed.json"
        seed.write_text(json.dumps({"users": users}))
        ports = ("--us-port", "0", "--eu-port", "0")
        sandbox = subprocess.Popen(
            [*JACKFIELD, "sandbox", "iterable", *ports, "--seed", str(seed), "--json"],
            stdout=subprocess.PIPE,
        )
        assert sandbox.stdout is not None
        try:
            where = json.loads(sandbox.stdout.readline())["us"]
            with serving(folder, where["url"], level="error") as hub:
                return _export(hub, hub.link(api_key=where["api_keys"]["server_side"]))
        finally:
            sandbox.terminate()
            sandbox.wait()


def _export(hub: ServedHub, account: str) -> Figures:
    before = resident_megabytes(hub.pid)
    rows = size = 0
    inputs = {"dataTypeName": "user", "range": "All"}
    started = time.perf_counter()
    with Hub(hub.url, hub.key) as client:
        for line in client.stream_lines("iterable_export_data_json", inputs, account_id=account):
            rows += 1
            size += len(line)
    seconds = time.perf_counter() - started
    at_most, after = resident_megabytes(hub.pid, "VmHWM"), resident_megabytes(hub.pid)
    return Figures(rows, size / 1e6, seconds, before, at_most, after)


if __name__ == "__main__":
    main()
