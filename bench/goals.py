"""The goals that a run of the benches is held against."""

from dataclasses import dataclass

from bench.charts import shown


@dataclass(frozen=True)
class Goal:
    """A bound of a figure: at least `least`, or below `below`."""

    what: str
    figure: str
    unit: str = ""
    least: float | None = None
    below: float | None = None

    @property
    def text(self) -> str:
        if self.least is not None:
            return f"≥ {self.least:,g}{self.unit}"
        return f"< {self.below:,g}{self.unit}"

    def shown(self, value: float) -> str:
        return shown(value) + self.unit

    def is_met(self, value: float) -> bool:
        if self.least is not None:
            return value >= self.least
        return self.below is not None and value < self.below


GOALS = (
    Goal("an action call at concurrency 64, of nginx as a plain proxy", "action of proxy", least=0.06),
    Goal("two workers, of one, on SQLite", "two workers on SQLite", " times", least=1.7),
    Goal("two workers, of one, on PostgreSQL", "two workers on PostgreSQL", " times", least=1.7),
    Goal("calls of Python functions for one action call", "Python calls", below=181),
    Goal("calls of C functions for one action call", "C calls", below=181),
    Goal("a request's way through its rate limits", "limits", " µs", below=20),
    Goal("webhook deliveries to one receiver", "webhooks", "/s", least=500),
    Goal("of them before an earlier one of their account", "webhooks out of order", below=1),
    Goal("added to a direct call at concurrency 1, p50", "added p50", " ms", below=0.6),
    Goal("added to a direct call at concurrency 1, p99", "added p99", " ms", below=2.5),
    Goal("the engine: an action of one request", "action, one request (µs)", " µs", below=50),
    Goal("the engine: a row of 21 fields", "mapped row, 21 fields, map and typecast (µs)", " µs", below=20),
    Goal("Iterable's 157 actions, cold", "load and compile 157 actions, cold (ms)", " ms", below=250),
    Goal("Iterable's 157 actions, from the cache", "load 157 actions, warm (ms)", " ms", below=30),
    Goal("`jackfield --help`", "help", " ms", below=150),
    Goal("start to the first answer", "start", " s", below=1.5),
    Goal("memory after the first start", "memory at the start", " MB", below=120),
    Goal("memory after the load", "memory", " MB", below=120),
    Goal("the slowest first page of accounts, of the most accounts", "slowest accounts page", " ms", below=30),
    Goal("an MCP tool call at concurrency 16, of FastMCP", "MCP of FastMCP", " times", least=8),
    Goal("memory, of FastMCP", "memory of FastMCP", " times", below=1),
)  # fmt: skip
NOT_MEASURED_HERE = (
    "Held by tests instead: how long the event loop stands still, and the size of the Hub's page."
)
