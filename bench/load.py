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


def answer(request: WebRequest) -> str:
    """Send a request once, and return what came back: a load of errors is none."""
    body = None if request.body is None else json.dumps(request.body).encode()
    asked = urllib.request.Request(request.url, data=body, headers=request.sent_headers)
    with urllib.request.urlopen(asked) as response:
        return response.read().decode()


def wrk(request: WebRequest, connections: int, seconds: int) -> Figures:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(request))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout=30s"]
        command += ["-s", script.name, request.url]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    assert "Socket errors" not in said, said
    rate, calls = (
        re.search(each, said) for each in (r"Requests/sec:\s+([\d.]+)", r"(\d+) requests in")
    )
    assert rate is not None, said
    assert calls is not None, said
    return Figures(float(rate[1]), int(calls[1]), _percentile(said, 50), _percentile(said, 99))


def _script(request: WebRequest) -> str:
    lines = [
        f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}"
        for name, value in request.sent_headers.items()
    ]
    if request.body is not None:
        # JSON twice: the second time as a literal of Lua.
        lines += ['wrk.method = "POST"', f"wrk.body = {json.dumps(json.dumps(request.body))}"]
    return "\n".join(lines)


def _percentile(said: str, which: int) -> float:
    match = re.search(rf"{which}%\s+([\d.]+)(us|ms|s)", said)
    assert match is not None, said
    return float(match[1]) * _MILLISECONDS[match[2]]
