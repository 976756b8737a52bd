"""The same requests to what might be used instead, each in an environment of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.charts import Chart, shown
from bench.load import WebRequest, answer, wrk
from bench.processes import free_port, resident_megabytes, running, wait_for
from bench.report import Section, Table
from bench.scale import Scale
from bench.served_requests import ACTION, MCP_CALL, Found, mcp_request
from bench.upstream import Upstream

_FOLDER = Path(__file__).parent / "compared"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "jackfield-bench"
_KEY = "a-key-of-the-comparison"
_AT = 16


@dataclass(frozen=True)
class Compared:
    """Another server; `with_what` is our request that does the same work."""

    title: str
    script: str
    packages: tuple[str, ...]
    with_what: str
    differences: str


COMPARED = {
    "fastmcp": Compared(
        "FastMCP, from an OpenAPI document",
        "fastmcp_server.py",
        ("fastmcp>=4.2",),
        MCP_CALL,
        "no API key, no account, no sealed credential, no rate limits, no log; one tool, where the"
        " hub serves Iterable's 157; stateless and in JSON, as the hub is",
    ),
    "stack": Compared(
        "FastAPI, SQLAlchemy and httpx",
        "stack.py",
        ("fastapi", "sqlalchemy[asyncio]", "aiosqlite", "httpx", "cryptography", "uvicorn[standard]"),
        ACTION,
        "key, account, decryption, validation, one request and a line of a log on SQLite, committed"
        " each time, where the hub writes them in groups; no rate limits, no redaction, no guard of hosts and addresses",
    ),
}  # fmt: skip
NAMES = tuple(COMPARED)


def needed(names: Collection[str]) -> set[str]:
    """Return the names of our own requests that these are compared with."""
    return {COMPARED[name].with_what for name in names}


def section(names: Collection[str], ours: Found, scale: Scale, upstream: Upstream) -> Section:
    rows: list[tuple[str, ...]] = []
    skipped: list[str] = []
    bars: dict[str, float] = {}
    figures: dict[str, float] = {}
    for name in names:
        compared = COMPARED[name]
        try:
            python = _environment(name, compared.packages)
        except subprocess.CalledProcessError as error:
            skipped.append(f"* **{compared.title}** is skipped: {_reason(error)}")
            continue
        skipped.append(f"* **{compared.title}**: {compared.differences}.")
        with _serving(compared, python, upstream) as (request, pid):
            for concurrency in scale.concurrencies:
                theirs = wrk(request, concurrency, scale.short_seconds)
                mine = ours.rate(compared.with_what, concurrency)
                ratio = mine / theirs.per_second
                rows.append(
                    (
                        compared.title, str(concurrency), shown(ratio), shown(mine),
                        shown(theirs.per_second), shown(theirs.p50_ms), shown(theirs.p99_ms),
                    )
                )  # fmt: skip
                bars[f"{compared.title}, at {concurrency}"] = ratio
                if name == "fastmcp" and concurrency == _AT:
                    figures["MCP of FastMCP"] = ratio
            held = resident_megabytes(pid)
        rows.append((compared.title, "memory, MB", shown(ours.memory_mb / held) if ours.memory_mb else "", shown(ours.memory_mb) if ours.memory_mb else "", shown(held), "", ""))  # fmt: skip
        if name == "fastmcp" and ours.memory_mb:
            figures["memory of FastMCP"] = ours.memory_mb / held
    columns = ("", "concurrency", "the hub, of it", "the hub's calls/s", "its calls/s", "p50 ms", "p99 ms")  # fmt: skip
    text = "The same request of a client, one process each, the same upstream.\n\n"
    chart = Chart("The hub compared", "times their calls a second", bars)
    return Section(
        "Comparisons", text + "\n".join(skipped), [Table(columns, rows)], [chart], figures
    )


def _environment(name: str, packages: tuple[str, ...]) -> Path:
    """Return the Python of an environment that has packages; make it if it is not there."""
    folder = _CACHE / name
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", *packages)
        done.touch()
    return python


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def _reason(error: subprocess.CalledProcessError) -> str:
    lines = str(error.stderr).strip().splitlines()
    return f"it cannot be installed ({lines[-1] if lines else 'no reason given'})"


@contextmanager
def _serving(
    compared: Compared, python: Path, upstream: Upstream
) -> Iterator[tuple[WebRequest, int]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as name, (Path(name) / "log").open("wb") as log:
        command = [
            str(python),
            str(_FOLDER / compared.script),
            str(port),
            upstream.direct,
            name,
            _KEY,
        ]
        # Not with the settings of this environment.
        with running(command, env={"PATH": os.defpath, "HOME": name}, output=log) as process:
            wait_for(url)
            if compared.with_what == MCP_CALL:
                request = mcp_request(f"{url}/mcp", "iterable_list_channels", {})
            else:
                headers = {"authorization": f"Bearer {_KEY}", "x-account-id": "acc_1"}
                body = {"action": "iterable_list_channels"}
                request = WebRequest(f"{url}/actions/rpc", body, headers)
            said = answer(request)
            assert "Channel 4" in said, said
            yield request, process.pid
