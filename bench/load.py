"""The load of a bench, made by wrk: one request, again and again, over so many connections."""

import json
import re
import subprocess
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field

_MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000}


@dataclass(frozen=True)
class WebRequest:
    """A request; one with a `body` is a POST of JSON."""

    url: str
    body: object | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def sent_headers(self) -> dict[str, str]:
        return {"content-type": "application/json", **self.headers}


@dataclass(frozen=True)
class Figures:
    per_second: float
    calls: int
    p50_ms: float
    p99_ms: float
    slowest_ms: float = 0
    failed: int = 0


def answer(request: WebRequest) -> str:
    """Send a request once, and return what came back: a load of errors is none."""
    body = None if request.body is None else json.dumps(request.body).encode()
    asked = urllib.request.Request(request.url, data=body, headers=request.sent_headers)
    with urllib.request.urlopen(asked) as response:
        return response.read().decode()


def wrk(request: WebRequest, connections: int, seconds: int) -> Figures:
    """Load a server with as many requests as it answers; one that fails ends the bench."""
    said = _run(request, connections, seconds, _script(request))
    found = _figures(said)
    assert not found.failed, said
    return found


def paced(request: WebRequest, connections: int, seconds: int, *, pause_ms: int) -> Figures:
    """Load a server with less than it could do: a connection waits `pause_ms` on average between requests."""
    # Not all at once, nor in step with anything that the server does now and then.
    pause = (
        f"math.randomseed(os.time())\nfunction delay() return math.random(0, {pause_ms * 2}) end"
    )
    return _figures(_run(request, connections, seconds, f"{_script(request)}\n{pause}"))


def _run(request: WebRequest, connections: int, seconds: int, lines: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(lines)
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout=30s"]
        command += ["-s", script.name, request.url]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _figures(said: str) -> Figures:
    rate, calls = (
        re.search(each, said) for each in (r"Requests/sec:\s+([\d.]+)", r"(\d+) requests in")
    )
    assert rate is not None, said
    assert calls is not None, said
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said
    )
    failed = sum(int(each) for found in (refused, broken) if found for each in found.groups())
    return Figures(
        float(rate[1]),
        int(calls[1]),
        _milliseconds(said, r"50%\s+"),
        _milliseconds(said, r"99%\s+"),
        # The line has the mean, the deviation and the most.
        _milliseconds(said, r"Latency\s+[\d.]+\w+\s+[\d.]+\w+\s+"),
        failed,
    )


def _script(request: WebRequest) -> str:
    lines = [
        f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}"
        for name, value in request.sent_headers.items()
    ]
    if request.body is not None:
        # JSON twice: the second time as a literal of Lua.
        lines += ['wrk.method = "POST"', f"wrk.body = {json.dumps(json.dumps(request.body))}"]
    return "\n".join(lines)


def _milliseconds(said: str, after: str) -> float:
    match = re.search(rf"{after}([\d.]+)(us|ms|s)", said)
    assert match is not None, said
    return float(match[1]) * _MILLISECONDS[match[2]]
