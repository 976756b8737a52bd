"""Whether a hub stays as it is under a steady load: latency, memory, file handles, standstills.

`python -m bench.soak [--minutes 20] [--load 0.7] [--workers 2] [--restarts 3] [--postgres]`; needs nginx
and wrk. The load is that of `bench.action`, at a part of what the hub answered at most right before; a
line is a minute. A standstill is the bucket of the event loop's lag that the worst of the minute fell
into. `--restarts` replaces all workers so many times while the load goes on.
"""

import argparse
import asyncio
import contextlib
import os
import re
import signal
import tempfile
import threading
import urllib.request
from itertools import pairwise
from pathlib import Path

from bench.action import action_call
from bench.load import Figures, WebRequest, paced, wrk
from bench.processes import family, free_port, resident_megabytes
from bench.served_hub import ServedHub, serving
from bench.upstream import nginx
from tests.support import postgres

_CONNECTIONS = 64
_MINUTE = 60
_LAG = re.compile(r'jackfield_event_loop_lag_seconds_bucket\{[^}]*le="([^"]+)"[^}]*\} ([\d.e+]+)')


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=int, default=20)
    options.add_argument("--load", type=float, default=0.7, help="part of what it does at most")
    options.add_argument("--workers", type=int, default=1, help="how many processes the hub has")
    options.add_argument("--restarts", type=int, default=0, help="of all workers, with the load on")
    options.add_argument("--postgres", action="store_true", help="on PostgreSQL, not on SQLite")
    given = options.parse_args()
    metrics = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        database = None
        if given.postgres:
            server = stack.enter_context(postgres.running())
            database = asyncio.run(postgres.new_database(server, "bench"))
        upstream = stack.enter_context(nginx(Path(name)))
        hub = stack.enter_context(
            serving(
                Path(name),
                upstream.direct,
                workers=given.workers,
                database=database,
                JACKFIELD_METRICS=metrics,
            )
        )
        request = action_call(hub, hub.link())
        most = max(wrk(request, _CONNECTIONS, 5).per_second for _ in range(2))
        print(f"at most {most:,.0f} calls/s; {given.load:.0%} of it for {given.minutes} minutes")
        _soak(hub, request, metrics, most * given.load, given.minutes, given.restarts)


def _soak(
    hub: ServedHub, request: WebRequest, metrics: str, rate: float, minutes: int, restarts: int
) -> None:
    print(
        f"{'minute':>6}{'calls/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'slowest':>9}{'failed':>8}"
        f"{'MB':>7}{'handles':>9}{'standstill':>12}",
        flush=True,
    )
    pause = _CONNECTIONS / rate * 1000
    restarted = {minutes * each // (restarts + 1) for each in range(1, restarts + 1)}
    found: list[Figures] = []
    before = _lags(metrics)
    for minute in range(1, minutes + 1):
        timer = threading.Timer(_MINUTE / 4, os.kill, (hub.pid, signal.SIGHUP))
        if minute in restarted:
            timer.start()
        figures = paced(request, _CONNECTIONS, _MINUTE, pause_ms=round(pause))
        found.append(figures)
        # What an answer took is a part of the time between requests.
        pause = max(1.0, pause + (_CONNECTIONS / rate - _CONNECTIONS / figures.per_second) * 1000)
        after = _lags(metrics)
        print(
            f"{minute:6}{figures.per_second:9,.0f}{figures.p50_ms:8.2f}{figures.p99_ms:8.2f}"
            f"{figures.slowest_ms:9.1f}{figures.failed:8}{resident_megabytes(hub.pid):7.1f}"
            f"{_handles(hub.pid):9}{_standstill(before, after):>12}"
            f"{'  restarted' if minute in restarted else ''}",
            flush=True,
        )
        before = after
    calls, failed = sum(each.calls for each in found), sum(each.failed for each in found)
    print(f"{calls:,} calls, {failed} failed")


def _handles(pid: int) -> int:
    return sum(len(list(Path(f"/proc/{each}/fd").iterdir())) for each in family(pid))


def _lags(metrics: str) -> dict[float, float]:
    """Return how often the event loop was late by at most so many seconds, of all processes."""
    with urllib.request.urlopen(f"http://{metrics}/metrics") as answer:
        text = answer.read().decode()
    found: dict[float, float] = {}
    for edge, count in _LAG.findall(text):
        found[float(edge)] = found.get(float(edge), 0) + float(count)
    assert found, "the metrics have no lag of the event loop"
    return found


def _standstill(before: dict[float, float], after: dict[float, float]) -> str:
    if after[max(after)] < before[max(before)]:
        # Processes that took over count from nothing.
        before = {}
    counts = [(edge, after[edge] - before.get(edge, 0)) for edge in sorted(after)]
    worst = max(
        (edge for (_, less), (edge, more) in pairwise([(0.0, 0.0), *counts]) if more > less)
    )
    return f"<= {worst * 1000:g} ms"


if __name__ == "__main__":
    main()
