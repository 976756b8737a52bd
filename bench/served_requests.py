"""Requests to a served hub, each at several concurrencies and with one and two workers."""

import asyncio
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bench.action import action_call
from bench.charts import Chart, shown
from bench.load import Figures, WebRequest, answer, wrk
from bench.long_lists import fill_hub
from bench.processes import processor_seconds, resident_megabytes
from bench.report import Section, Table
from bench.scale import Scale
from bench.served_hub import ServedHub, serving
from bench.upstream import PATH, Upstream
from tests.support import postgres

DIRECT, PROXY = "direct call", "nginx, plain proxy"
ACTION, MCP_CALL = "action", "mcp-call"
NAMES = (ACTION, "proxy", MCP_CALL, "mcp-list", "link", "search", "accounts-page", "logs-page")
_LISTS = ("accounts-page", "logs-page")
_MOST = 64
_TITLES = {
    ACTION: "Action call",
    "proxy": "Proxy call",
    MCP_CALL: "MCP tool call",
    "mcp-list": "MCP tool list",
    "link": "Link of an account (three requests, by a client in Python)",
    "search": "Search for actions",
    "accounts-page": "First page of accounts",
    "logs-page": "First page of the log",
}
MCP_HEADERS = {"accept": "application/json, text/event-stream"}
# What an answer that is none of an error has in it.
_EXPECTED = {ACTION: "Channel 4", "proxy": "Channel 4", MCP_CALL: "Channel 4"}


@dataclass(frozen=True)
class Measured:
    """A load; `cpu_us` is the hub's processor time for a call."""

    name: str
    workers: int
    concurrency: int
    figures: Figures
    cpu_us: float = 0
    database: str = "SQLite"


@dataclass
class Found:
    """All loads of one run, and what the hub held after those with one worker."""

    loads: list[Measured] = field(default_factory=list[Measured])
    memory_mb: float = 0

    def rate(self, name: str, concurrency: int, workers: int = 1, on: str = "SQLite") -> float:
        """Return calls a second; 0 if that was not measured."""
        wanted = (name, concurrency, workers, on)
        rates = (
            each.figures.per_second
            for each in self.loads
            if (each.name, each.concurrency, each.workers, each.database) == wanted
        )
        return next(rates, 0.0)

    def named(self, name: str) -> list[Measured]:
        return [each for each in self.loads if each.name == name]


def mcp_request(url: str, tool: str, headers: Mapping[str, str]) -> WebRequest:
    params = {"name": tool, "arguments": {}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return WebRequest(url, body, {**MCP_HEADERS, **headers})


def measure(names: Collection[str], scale: Scale, upstream: Upstream) -> Found:
    """Measure requests by name, beside a direct call and nginx as a plain proxy."""
    found = Found()
    for name, url in ((DIRECT, upstream.direct), (PROXY, upstream.proxy)):
        request = WebRequest(url + PATH)
        for concurrency in scale.concurrencies:
            figures = wrk(request, concurrency, scale.short_seconds)
            found.loads.append(Measured(name, 1, concurrency, figures))
    calls = [name for name in names if name not in _LISTS]
    lists = [name for name in names if name in _LISTS]
    with tempfile.TemporaryDirectory() as name:
        filled = Path(name) if lists else None
        if filled:
            asyncio.run(fill_hub(filled, scale.row_counts[-1]))
        for workers in scale.workers:
            if calls:
                with _hub(upstream, workers) as hub:
                    _load(found, hub, calls, scale, workers)
            if lists:
                with _hub(upstream, workers, data=filled) as hub:
                    _load(found, hub, lists, scale, workers)
    if ACTION in names and len(scale.workers) > 1:
        _on_postgres(found, scale, upstream)
    return found


def sections(found: Found) -> list[Section]:
    return [_section(name, found) for name in NAMES if found.named(name)]


@contextmanager
def _hub(
    upstream: Upstream, workers: int, *, database: str | None = None, data: Path | None = None
) -> Iterator[ServedHub]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        if data:
            shutil.copytree(data, Path(name) / "data")
        served = serving(Path(name), upstream.direct, workers=workers, database=database)
        yield stack.enter_context(served)


def _load(found: Found, hub: ServedHub, names: Collection[str], scale: Scale, workers: int) -> None:
    requests = _requests(hub, hub.link())
    for name in names:
        if name == "link":
            loads = _link_loads(hub, scale)
        else:
            seconds = scale.seconds if name == ACTION else scale.short_seconds
            loads = _wrk_loads(name, requests[name], scale, seconds)
        for concurrency, load in loads:
            before = processor_seconds(hub.pid)
            figures = load()
            used = processor_seconds(hub.pid) - before
            cpu = used / max(1, figures.calls) * 1e6
            found.loads.append(Measured(name, workers, concurrency, figures, cpu))
        if name == ACTION and workers == 1:
            found.memory_mb = resident_megabytes(hub.pid)


def _wrk_loads(
    name: str, request: WebRequest, scale: Scale, seconds: int
) -> Iterator[tuple[int, Callable[[], Figures]]]:
    said = answer(request)
    assert _EXPECTED.get(name, "") in said, said
    for concurrency in scale.concurrencies:
        yield concurrency, lambda at=concurrency: wrk(request, at, seconds)


def _link_loads(hub: ServedHub, scale: Scale) -> Iterator[tuple[int, Callable[[], Figures]]]:
    for concurrency in scale.concurrencies:
        yield concurrency, lambda at=concurrency: _links(hub, at, scale.short_seconds)


def _links(hub: ServedHub, concurrency: int, seconds: float) -> Figures:
    """Link accounts of one customer after the other, in so many threads."""
    numbers, taken, lock = count(), list[float](), threading.Lock()
    started = time.perf_counter()

    def link_on(_thread: int) -> None:
        while (begun := time.perf_counter()) < started + seconds:
            hub.link(owner=f"customer-{concurrency}-{next(numbers)}")
            with lock:
                taken.append((time.perf_counter() - begun) * 1000)

    with ThreadPoolExecutor(concurrency) as threads:
        list(threads.map(link_on, range(concurrency)))
    total = time.perf_counter() - started
    p99 = sorted(taken)[int(len(taken) * 0.99)]
    return Figures(len(taken) / total, len(taken), statistics.median(taken), p99)


def _on_postgres(found: Found, scale: Scale, upstream: Upstream) -> None:
    with postgres.running() as server:
        for workers in scale.workers:
            database = asyncio.run(postgres.new_database(server, f"bench{workers}"))
            with _hub(upstream, workers, database=database) as hub:
                figures = wrk(action_call(hub, hub.link()), _MOST, scale.seconds)
            found.loads.append(Measured(ACTION, workers, _MOST, figures, database="PostgreSQL"))


def _requests(hub: ServedHub, account: str) -> dict[str, WebRequest]:
    mcp = f"{hub.url}/mcp"
    headers = hub.request("/mcp", account=account).headers
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    return {
        ACTION: action_call(hub, account),
        "proxy": hub.request("/unified/proxy", {"path": PATH}, account=account),
        MCP_CALL: mcp_request(mcp, "iterable_list_channels", headers),
        "mcp-list": WebRequest(mcp, listing, {**MCP_HEADERS, **headers}),
        "search": hub.request("/actions/search", {"query": "add somebody to a mailing list"}),
        "accounts-page": hub.request("/accounts?page_size=25"),
        "logs-page": hub.request("/logs/actions", {"page_size": 25}),
    }


def _section(name: str, found: Found) -> Section:
    rows = [
        (
            f"{each.database}, {each.workers} worker{'s' * (each.workers > 1)}",
            str(each.concurrency),
            shown(each.figures.per_second / found.rate(PROXY, each.concurrency)),
            shown(each.figures.per_second / found.rate(DIRECT, each.concurrency)),
            shown(each.figures.per_second),
            shown(each.figures.p50_ms),
            shown(each.figures.p99_ms),
            shown(each.cpu_us) if each.cpu_us else "",
        )
        for each in found.named(name)
    ]
    columns = ("", "concurrency", "of nginx's proxy", "of direct", "calls/s", "p50 ms", "p99 ms", "CPU µs a call")  # fmt: skip
    bars = {
        f"{each.database}, {each.workers} worker{'s' * (each.workers > 1)}, at {each.concurrency}": (
            each.figures.per_second
        )
        for each in found.named(name)
    }
    title = _TITLES[name]
    figures = _action_figures(found) if name == ACTION else {}
    charts = [Chart(title.partition(" (")[0], "calls a second", bars)]
    return Section(title, "", [Table(columns, rows)], charts, figures)


def _action_figures(found: Found) -> dict[str, float]:
    ours, direct = (
        next(each.figures for each in found.named(name) if each.concurrency == 1)
        for name in (ACTION, DIRECT)
    )
    figures = {
        "action of proxy": found.rate(ACTION, _MOST) / found.rate(PROXY, _MOST),
        "added p50": ours.p50_ms - direct.p50_ms,
        "added p99": ours.p99_ms - direct.p99_ms,
        "memory": found.memory_mb,
    }
    for database in ("SQLite", "PostgreSQL"):
        one, two = (found.rate(ACTION, _MOST, workers, database) for workers in (1, 2))
        if one and two:
            figures[f"two workers on {database}"] = two / one
    return figures
