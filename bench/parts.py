"""The parts of a run that need no served hub of their own, by name."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import uvloop

from bench import (
    audit,
    calls,
    engine,
    export,
    limits,
    long_lists,
    mcp,
    refresh,
    search,
    start,
    vault,
    webhooks,
)
from bench.charts import shown
from bench.report import Section, Table
from bench.scale import Scale
from jackfield.search.index import Index


def _start(_scale: Scale) -> Section:
    found = start.measure()
    rows = (
        ("first start to the first answer", f"{found.first.seconds:.2f} s"),
        ("later start, connectors from the cache", f"{found.later.seconds:.2f} s"),
        ("memory after the first start", f"{found.first.resident_mb:.0f} MB"),
        ("memory after a later start", f"{found.later.resident_mb:.0f} MB"),
        ("`jackfield --help`", f"{found.help_ms:.0f} ms"),
    )
    figures = {
        "start": found.first.seconds,
        "memory at the start": found.first.resident_mb,
        "help": found.help_ms,
    }
    return Section("Start", "", [Table(("", "figure"), rows)], figures=figures)


def _calls(_scale: Scale) -> Section:
    found = uvloop.run(calls.measure_all())
    rows = [
        (
            surface,
            str(each.counts.python.total()),
            str(each.counts.c.total()),
            shown(each.microseconds),
        )
        for surface, each in found.items()
    ]
    text = "In process, with the provider replaced; the HTTP client and the protocol are not in it."
    table = Table(("one call", "functions in Python", "functions in C", "µs"), rows)
    action = found["action"].counts
    figures = {"Python calls": action.python.total(), "C calls": action.c.total()}
    return Section("Calls counted", text, [table], figures=figures)


def _engine(_scale: Scale) -> Section:
    found = engine.measure()
    unit = engine.yardstick() * 1e6
    rows = [
        (name, shown(took * (1000 if name.endswith("(ms)") else 1) / unit), shown(took))
        for name, took in found.items()
    ]
    columns = ("", f"round trips of a small document ({unit:.1f} µs)", "figure")
    return Section("Engine", "", [Table(columns, rows)], figures=found)


def _limits(_scale: Scale) -> Section:
    found = limits.measure()
    rows = [(name, shown(took)) for name, took in found.items()]
    table = Table(("", "µs a request"), rows)
    return Section("Rate limits", "", [table], figures={"limits": found[limits.PASSED]})


def _vault(_scale: Scale) -> Section:
    rows = [(name, shown(took)) for name, took in vault.measure().items()]
    return Section("Vault", "", [Table(("a credential", "µs"), rows)])


def _audit(_scale: Scale) -> Section:
    rows = [(name, shown(took)) for name, took in asyncio.run(audit.measure()).items()]
    return Section("Audit log", "SQLite.", [Table(("", "figure"), rows)])


def _webhooks(scale: Scale) -> Section:
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(webhooks.measure(Path(folder), events=scale.count(5000)))
    rows = (
        ("deliveries a second", shown(found.per_second)),
        ("CPU ms a delivery", shown(found.cpu_ms)),
        ("out of order", str(found.early)),
    )
    figures = {"webhooks": found.per_second, "webhooks out of order": found.early}
    return Section("Webhooks", "One receiver, SQLite.", [Table(("", ""), rows)], figures=figures)


def _refresh(scale: Scale) -> Section:
    found = asyncio.run(refresh.measure(scale.count(500)))
    rows = (
        ("tokens renewed a second", shown(found.per_second)),
        ("µs a call with a good token", shown(found.good_us)),
        ("µs a call without tokens", shown(found.none_us)),
    )
    return Section("Renewal of tokens", "One process, SQLite.", [Table(("", ""), rows)])


def _search(_scale: Scale) -> Section:
    index = Index(search.entries())
    rows = []
    for name, asked in search.questions("test").items():
        found = search.measure(index, asked)
        rows.append((name, f"{found.ndcg5:.3f}", f"{found.hit1:.3f}", f"{found.mrr:.3f}"))
    mean, median, p99 = search.times(index)
    text = f"{len(index):,} actions; {mean:.2f} ms a question, median {median:.2f}, p99 {p99:.2f}."
    table = Table(("questions", "nDCG@5", "Hit@1", "MRR"), rows)
    return Section("Quality of the search", text, [table])


def _export(scale: Scale) -> Section:
    found = export.measure(scale.count(100_000))
    rows = (
        (f"seconds for {found.rows:,} rows, {found.megabytes:.0f} MB", shown(found.seconds)),
        ("memory before, MB", shown(found.before_mb)),
        ("memory at most, MB", shown(found.at_most_mb)),
    )
    return Section("Export of users", "", [Table(("", ""), rows)])


def _mcp_clients(scale: Scale) -> Section:
    found = asyncio.run(mcp.measure(scale.seconds))
    rows = (
        ("calls", str(len(found.seconds))),
        ("errors", str(found.errors)),
        ("p50 ms", shown(found.percentile(0.5))),
        ("p99 ms", shown(found.percentile(0.99))),
        ("memory before, MB", shown(found.before_mb)),
        ("memory after, MB", shown(found.after_mb)),
    )
    text = f"{mcp.CLIENTS} clients of the official package, {mcp.PER_SECOND} tool calls a second."
    return Section("MCP clients", text, [Table(("", ""), rows)])


PARTS: Mapping[str, Callable[[Scale], Section]] = {
    "start": _start,
    "calls": _calls,
    "engine": _engine,
    "limits": _limits,
    "vault": _vault,
    "audit": _audit,
    "search-quality": _search,
    "accounts": long_lists.accounts_section,
    "logs": long_lists.logs_section,
    "webhooks": _webhooks,
    "refresh": _refresh,
    "export": _export,
    "mcp-clients": _mcp_clients,
}
