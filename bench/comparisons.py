"""The same requests to what might be used instead, each in an environment of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.charts import Chart, shown
from bench.load import WebRequest, answer, wrk
from bench.processes import free_port, processor_seconds, resident_megabytes, running, wait_for
from bench.report import Section, Table
from bench.scale import Scale
from bench.served_requests import ACTION, MCP_CALL, Found, mcp_request
from bench.upstream import Upstream

_FOLDER = Path(__file__).parent / "compared"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "jackfield-bench"
_KEY = "a-key-of-the-comparison"
_AT = 16
_PATIENCE_SECONDS = 300
# For servers that may take seconds to answer so many at once.
_LONG_SECONDS = 20


@dataclass(frozen=True)
class Compared:
    """
    Another server; `with_what` is our request that does the same work.

    One that is not `usual` is compared only where it is named. One that `says_request` writes the
    request to a file, once it is ready.
    """

    title: str
    script: str
    packages: tuple[str, ...]
    with_what: str
    differences: str
    options: tuple[str, ...] = ()
    usual: bool = True
    says_request: bool = False


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
    **{
        name: Compared(
            f"ContextForge, {title}",
            "contextforge_server.py",
            ("mcp-contextforge-gateway==1.0.7",),
            MCP_CALL,
            "a gateway of MCP with a REST tool: a signed token, SQLite, and its metrics of"
            " tools; the tool's header with the key is in its database as it was given, there are no accounts"
            " and no log of calls. Its limit of 100 calls a minute is off, and loopback is allowed. One tool,"
            f" where the hub serves Iterable's 157; {settings}",
            options=(name,),
            usual=False,
            says_request=True,
        )
        for name, title, settings in (
            ("contextforge", "as it comes", "its settings are its defaults"),
            (
                "contextforge-lean",
                "lean",
                "plugins, observability, audit, structured logs, metrics, the admin's page, compression and the like are off",
            ),
        )
    },
}  # fmt: skip
NAMES = tuple(COMPARED)
USUAL = tuple(name for name, each in COMPARED.items() if each.usual)


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
            python = _environment(compared)
        except subprocess.CalledProcessError as error:
            skipped.append(f"* **{compared.title}** is skipped: {_reason(error)}")
            continue
        skipped.append(f"* **{compared.title}**: {compared.differences}.")
        with _serving(compared, python, upstream) as (request, pid):
            for concurrency in scale.concurrencies:
                busy = processor_seconds(pid)
                seconds = scale.short_seconds if compared.usual else _LONG_SECONDS
                theirs = wrk(request, concurrency, seconds)
                assert theirs.calls, f"{compared.title} answered nothing in {seconds} s"
                busy = (processor_seconds(pid) - busy) / theirs.calls * 1000
                mine = ours.rate(compared.with_what, concurrency)
                ratio = mine / theirs.per_second
                rows.append(
                    (
                        compared.title, str(concurrency), shown(ratio), shown(mine),
                        shown(theirs.per_second), shown(theirs.p50_ms), shown(theirs.p99_ms), shown(busy),
                    )
                )  # fmt: skip
                bars[f"{compared.title}, at {concurrency}"] = ratio
                if name == "fastmcp" and concurrency == _AT:
                    figures["MCP of FastMCP"] = ratio
            held = resident_megabytes(pid)
        rows.append((compared.title, "memory, MB", shown(ours.memory_mb / held) if ours.memory_mb else "", shown(ours.memory_mb) if ours.memory_mb else "", shown(held), "", "", ""))  # fmt: skip
        if name == "fastmcp" and ours.memory_mb:
            figures["memory of FastMCP"] = ours.memory_mb / held
    columns = ("", "concurrency", "the hub, of it", "the hub's calls/s", "its calls/s", "p50 ms", "p99 ms", "its ms of CPU a call")  # fmt: skip
    text = "The same request of a client, one process each, the same upstream.\n\n"
    chart = Chart("The hub compared", "times their calls a second", bars)
    return Section(
        "Comparisons", text + "\n".join(skipped), [Table(columns, rows)], [chart], figures
    )


def _environment(compared: Compared) -> Path:
    """Return the Python of an environment that has its packages; make it if it is not there."""
    folder = _CACHE / compared.script.partition("_")[0].removesuffix(".py")
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", *compared.packages)
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
            *compared.options,
        ]
        # Not with the settings of this environment.
        with running(command, env={"PATH": os.defpath, "HOME": name}, output=log) as process:
            if compared.says_request:
                request = _said_request(Path(name) / "request.json")
            else:
                wait_for(url)
                request = _known_request(compared, url)
            said = answer(request)
            assert "Channel 4" in said, said
            yield request, process.pid


def _known_request(compared: Compared, url: str) -> WebRequest:
    if compared.with_what == MCP_CALL:
        return mcp_request(f"{url}/mcp", "iterable_list_channels", {})
    headers = {"authorization": f"Bearer {_KEY}", "x-account-id": "acc_1"}
    return WebRequest(f"{url}/actions/rpc", {"action": "iterable_list_channels"}, headers)


def _said_request(file: Path) -> WebRequest:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not file.exists():
        assert time.monotonic() < deadline, "the server never said what to ask"
        time.sleep(0.1)
    said = json.loads(file.read_text())
    return mcp_request(said["url"], said["tool"], said["headers"])
