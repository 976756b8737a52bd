"""What an action call costs, beside a direct call and nginx as a plain proxy, in one run.

`python bench/action.py [--seconds 5] [--workers 2] [--database postgresql://…]`; needs nginx and wrk (Debian packages of those names). The
upstream, the load and the hub share this machine's cores; everything is on loopback, and the load
ends by itself. Figures differ from machine to machine: the ratios are what counts.

Iterable takes 100 of these calls a second. The hub is given a copy of the connector that says more,
so that a call passes the same rate limits as anywhere, and does not wait for them. Several workers show
what they are worth only where each has a core of its own, beside the load and the upstream.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from jackfield.connectors.catalog import own_folder

CONCURRENCY = 64
ANSWER = {
    "channels": [
        {"id": n, "name": f"Channel {n}", "channelType": "Marketing", "messageMedium": "Email"}
        for n in range(5)
    ]
}
KEY = "0123456789abcdef0123456789abcdef"

NGINX = """
daemon off; error_log stderr crit; pid {folder}/nginx.pid; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream provider {{ server 127.0.0.1:{upstream}; keepalive 64; }}
  server {{ listen 127.0.0.1:{upstream}; location / {{ default_type application/json; return 200 '{answer}'; }} }}
  server {{
    listen 127.0.0.1:{proxy};
    location / {{ proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""

POST = """
wrk.method = "POST"
wrk.body = '{{"action": "iterable_list_channels"}}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {key}"
wrk.headers["x-account-id"] = "{account}"
"""


@dataclass
class Figures:
    per_second: float
    calls: int
    p50_ms: float
    p99_ms: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=5, help="how long each load lasts")
    options.add_argument("--workers", type=int, default=1, help="how many processes the hub has")
    options.add_argument("--database", help="an empty database of PostgreSQL, in place of SQLite")
    given = options.parse_args()
    seconds = given.seconds
    for program in ("nginx", "wrk"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not installed: apt-get install {program}")

    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        upstream, proxy, port = free_port(), free_port(), free_port()
        stack.enter_context(nginx(folder, upstream, proxy))
        started = time.perf_counter()
        process = stack.enter_context(
            hub(folder, upstream, port, workers=given.workers, database=given.database)
        )
        wait_for(f"http://127.0.0.1:{port}/healthz")
        ready = time.perf_counter() - started
        wait_until_said(folder / "log", "listens on")
        key, account = link(folder, port, database=given.database)
        script = folder / "post.lua"
        script.write_text(POST.format(key=key, account=account))
        before = processor_seconds(process.pid)
        targets = {
            "direct call": (f"http://127.0.0.1:{upstream}/api/channels", None),
            "nginx, plain proxy": (f"http://127.0.0.1:{proxy}/api/channels", None),
            "Jackfield, /actions/rpc": (f"http://127.0.0.1:{port}/actions/rpc", script),
        }
        many = {each: wrk(url, post, CONCURRENCY, seconds) for each, (url, post) in targets.items()}
        processor = processor_seconds(process.pid)
        one = {each: wrk(url, post, 1, seconds) for each, (url, post) in targets.items()}
        memory = resident_megabytes(process.pid)

    base, limit = many["direct call"].per_second, many["nginx, plain proxy"].per_second
    print(f"{'':26}{'calls/s':>10}{'of direct':>11}{'of proxy':>10}{'p50 ms':>9}{'p99 ms':>9}")
    for each, figures in many.items():
        alone = one[each]
        print(
            f"{each:26}{figures.per_second:10.0f}{figures.per_second / base:11.3f}"
            f"{figures.per_second / limit:10.3f}{alone.p50_ms:9.2f}{alone.p99_ms:9.2f}"
        )
    ours, direct = one["Jackfield, /actions/rpc"], one["direct call"]
    print(
        f"\ncalls/s at concurrency {CONCURRENCY}; latency at concurrency 1, added to the direct call: "
        f"p50 {ours.p50_ms - direct.p50_ms:.2f} ms, p99 {ours.p99_ms - direct.p99_ms:.2f} ms"
    )
    calls = many["Jackfield, /actions/rpc"].calls
    print(f"processor time of the hub: {(processor - before) / calls * 1e6:.0f} µs a call")
    print(f"start to first answer {ready:.2f} s; memory after the load {memory:.0f} MB")


@contextlib.contextmanager
def nginx(folder: Path, upstream: int, proxy: int) -> Iterator[None]:
    config = folder / "nginx.conf"
    config.write_text(
        NGINX.format(folder=folder, upstream=upstream, proxy=proxy, answer=json.dumps(ANSWER))
    )
    with running(["nginx", "-c", str(config), "-e", "stderr"]):
        wait_for(f"http://127.0.0.1:{upstream}/")
        yield


@contextlib.contextmanager
def hub(
    folder: Path, upstream: int, port: int, *, workers: int = 1, database: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **installation(folder, database),
        "JACKFIELD_CONNECTORS": str(quick_connectors(folder)),
        "JACKFIELD_PROVIDER_REWRITE": f"https://api.iterable.com=http://127.0.0.1:{upstream}",
        "JACKFIELD_LOG_LEVEL": "info",
    }
    hub_command = [sys.executable, "-m", "jackfield"]
    if database is not None:
        subprocess.run([*hub_command, "migrate"], env=environment, check=True)
    with (folder / "log").open("wb") as log:
        command = [*hub_command, "serve", "--port", str(port), "--workers", str(workers)]
        with running(command, env=environment, stderr=log) as process:
            yield process


def quick_connectors(folder: Path) -> Path:
    """Copy Iterable's connector, with all its pools and with rates that nothing reaches."""
    copy = folder / "connectors" / "iterable"
    shutil.copytree(own_folder() / "iterable", copy)
    main = copy / "iterable.connector.s1.yaml"
    text = main.read_text(encoding="utf-8")
    text, changed = re.subn(r"(mainRatelimit|rateLimit): \d+", r"\1: 1000000", text)
    assert changed > 50, "the connector has no limits to raise"
    # Nothing waits for a place either: more calls are under way than the format's default takes.
    text += f"concurrency: {{ mainMaxConcurrency: {10 * CONCURRENCY} }}\n"
    main.write_text(text, encoding="utf-8")
    return copy.parent


@contextlib.contextmanager
def running(
    command: list[str], *, env: dict[str, str] | None = None, stderr: BinaryIO | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=env, stderr=stderr)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(15)


def link(folder: Path, port: int, *, database: str | None = None) -> tuple[str, str]:
    """Make a key and link an account, through the hub's own commands and API."""
    environment = installation(folder, database)
    made = subprocess.run(
        [sys.executable, "-m", "jackfield", "keys", "create", "--name", "bench", "--json"],
        env=environment, check=True, capture_output=True,
    )  # fmt: skip
    key = json.loads(made.stdout)["key"]

    def call(path: str, body: object | None, headers: dict[str, str]) -> dict:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json", **headers},
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    session = call(
        "/connect_sessions",
        {"origin_owner_id": "bench", "origin_owner_name": "Bench", "provider": "iterable"},
        {"authorization": f"Bearer {key}"},
    )
    token = {"x-hub-session-token": session["token"]}
    (offered,) = call("/hub/connectors", None, token)["integrations"]
    account = call(
        "/hub/accounts",
        {
            "integration_id": offered["integration_id"],
            "credentials": {"api_key": KEY, "region": "us"},
        },
        token,
    )
    return key, account["id"]


def wrk(url: str, script: Path | None, connections: int, seconds: int) -> Figures:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    command += ["-s", str(script)] if script else []
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert rate is not None, said
    calls = re.search(r"(\d+) requests in", said)
    assert calls is not None, said
    return Figures(float(rate[1]), int(calls[1]), percentile(said, 50), percentile(said, 99))


def percentile(said: str, which: int) -> float:
    match = re.search(rf"{which}%\s+([\d.]+)(us|ms|s)", said)
    assert match is not None, said
    return float(match[1]) * {"us": 0.001, "ms": 1, "s": 1000}[match[2]]


def installation(folder: Path, database: str | None) -> dict[str, str]:
    """Return the environment of commands that work on the hub."""
    found = {**os.environ, "JACKFIELD_DATA_DIR": str(folder / "data")}
    return found if database is None else {**found, "JACKFIELD_DATABASE_URL": database}


def processes(pid: int) -> list[int]:
    """Return a process and those that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def processor_seconds(pid: int) -> float:
    stats = [Path(f"/proc/{each}/stat").read_text() for each in processes(pid)]
    fields = [each.rpartition(")")[2].split() for each in stats]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """Return the memory of a process and those that it has started."""
    kilobytes = 0
    for each in processes(pid):
        match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{each}/status").read_text())
        assert match is not None
        kilobytes += int(match[1])
    return kilobytes / 1024


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=1).close()
            return
        time.sleep(0.02)
    sys.exit(f"nothing answers at {url}")


def wait_until_said(log: Path, words: str) -> None:
    """Wait for a line of the log: the first of several workers answers before the others do."""
    deadline = time.monotonic() + 15
    while words not in log.read_text():
        if time.monotonic() > deadline:
            sys.exit(f"{log} never said {words!r}")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
