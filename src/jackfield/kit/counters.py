"""
Counts and times of one process, kept as plain numbers that metrics are made of when asked for.

Each has a fixed set of labels whose values come from this program or from the catalog of
connectors: never an account, a project, a path or anything else that a client chooses.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar

Labels: TypeAlias = tuple[str, ...]
V = TypeVar("V")

UNKNOWN: Final = "unknown"
# These mean other things than the rest of 4xx: a wrong key, and too many requests.
_ALONE: Final = frozenset({401, 429})
# From a look into memory to the longest that a request may take.
_SECONDS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)


def status_class(status: int) -> str:
    """Return what a status is counted as."""
    return str(status) if status in _ALONE else f"{status // 100}xx"


@dataclass(slots=True)
class _Labeled(Generic[V]):
    """A value for each combination of label values."""

    name: str
    words: str
    labels: Labels = ()
    values: dict[Labels, V] = field(default_factory=dict[Labels, V])


class Counter(_Labeled[int]):
    """A count for each combination of label values."""

    def add(self, *labels: str, by: int = 1) -> None:
        self.values[labels] = self.values.get(labels, 0) + by


class Gauge(Counter):
    """A count that falls as well."""


@dataclass(slots=True)
class Times:
    """How many times fell into each bucket, the last of which is for all that are longer."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(_SECONDS) + 1))
    total: float = 0.0


class Histogram(_Labeled[Times]):
    """Times in seconds, for each combination of label values."""

    bounds: Final = _SECONDS

    def observe(self, seconds: float, *labels: str) -> None:
        times = self.values.get(labels)
        if times is None:
            times = self.values[labels] = Times()
        times.buckets[bisect_left(_SECONDS, seconds)] += 1
        times.total += seconds


class Counters:
    """All that one process counts."""

    def __init__(self) -> None:
        self.requests = Counter(
            "jackfield_requests",
            "Requests to the API, MCP and A2A that were answered.",
            ("status",),
        )
        self.runs = Counter(
            "jackfield_runs",
            "Runs of actions and proxy calls that ended.",
            ("connector", "effect", "source", "outcome"),
        )
        self.run_seconds = Histogram(
            "jackfield_run_seconds", "Duration of runs, with the provider's.", ("source",)
        )
        self.provider_requests = Counter(
            "jackfield_provider_requests",
            "Requests of runs to providers, by the class of the answer's status.",
            ("connector", "status"),
        )
        self.provider_seconds = Histogram(
            "jackfield_provider_request_seconds",
            "Duration of requests of runs to providers that were answered.",
            ("connector",),
        )
        self.limiter_waits = Histogram(
            "jackfield_limiter_wait_seconds",
            "Waits of requests for their turn in a connector's rate limits.",
        )
        self.limits_alone = Gauge(
            "jackfield_limits_alone",
            "1 while limits that are shared hold for this process alone, as their store is away.",
        )
        self.renewals = Counter(
            "jackfield_token_renewals", "Renewals of tokens that ended.", ("connector", "outcome")
        )
        self.deliveries = Counter(
            "jackfield_deliveries", "Attempts to deliver an event to a webhook.", ("outcome",)
        )
        self.transactions = Gauge(
            "jackfield_database_transactions",
            "Transactions that are open, or wait to begin, now.",
            ("kind", "state"),
        )
        self.transaction_waits = Histogram(
            "jackfield_database_wait_seconds",
            "Waits of transactions for a connection and their turn.",
            ("kind",),
        )
        self.statements = Histogram(
            "jackfield_database_statement_seconds", "Duration of statements.", ("kind",)
        )
        self.database_errors = Counter(
            "jackfield_database_errors", "Transactions that the database failed.", ("code",)
        )
        self.loop_lag = Histogram(
            "jackfield_event_loop_lag_seconds",
            "How late the event loop was, looked at ten times a second.",
        )

    def all(self) -> list[Counter | Histogram]:
        return list(vars(self).values())
