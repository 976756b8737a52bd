"""What an action call costs, beside a direct call and nginx as a plain proxy, in one run.

`python -m bench.action [--seconds 5] [--workers 2] [--database postgresql://…]`; needs nginx and wrk
(Debian packages of those names). The upstream, the load and the hub share this machine's cores;
everything is on loopback, and the load ends by itself. Figures differ from machine to machine: the
ratios are what counts. Several workers show what they are worth only where each has a core of its
own, beside the load and the upstream.
"""

import argparse
import tempfile
from pathlib import Path

from bench.load import WebRequest, wrk
from bench.processes import processor_seconds, resident_megabytes
from bench.served_hub import ServedHub, serving
from bench.upstream import PATH, nginx

CONCURRENCY = 64
OURS = "Jackfield, /actions/rpc"


def action_call(hub: ServedHub, account: str) -> WebRequest:
    return hub.request("/actions/rpc", {"action": "iterable_list_channels"}, account=account)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=5, help="how long each load lasts")
    options.add_argument("--workers", type=int, default=1, help="how many processes the hub has")
    options.add_argument("--database", help="an empty database of PostgreSQL, in place of SQLite")
    given = options.parse_args()
    seconds = given.seconds
    with (
        tempfile.TemporaryDirectory() as name,
        nginx(Path(name)) as upstream,
        serving(Path(name), upstream.direct, workers=given.workers, database=given.database) as hub,
    ):
        requests = {
            "direct call": WebRequest(upstream.direct + PATH),
            "nginx, plain proxy": WebRequest(upstream.proxy + PATH),
            OURS: action_call(hub, hub.link()),
        }
        before = processor_seconds(hub.pid)
        many = {each: wrk(request, CONCURRENCY, seconds) for each, request in requests.items()}
        processor = processor_seconds(hub.pid) - before
        one = {each: wrk(request, 1, seconds) for each, request in requests.items()}
        memory = resident_megabytes(hub.pid)

    base, limit = many["direct call"].per_second, many["nginx, plain proxy"].per_second
    print(f"{'':26}{'calls/s':>10}{'of direct':>11}{'of proxy':>10}{'p50 ms':>9}{'p99 ms':>9}")
    for each, figures in many.items():
        print(
            f"{each:26}{figures.per_second:10.0f}{figures.per_second / base:11.3f}"
            f"{figures.per_second / limit:10.3f}{one[each].p50_ms:9.2f}{one[each].p99_ms:9.2f}"
        )
    ours, direct = one[OURS], one["direct call"]
    print(
        f"\ncalls/s at concurrency {CONCURRENCY}; latency at concurrency 1, added to the direct call: "
        f"p50 {ours.p50_ms - direct.p50_ms:.2f} ms, p99 {ours.p99_ms - direct.p99_ms:.2f} ms"
    )
    print(f"processor time of the hub: {processor / many[OURS].calls * 1e6:.0f} µs a call")
    print(f"start to first answer {hub.ready_seconds:.2f} s; memory after the load {memory:.0f} MB")


if __name__ == "__main__":
    main()
