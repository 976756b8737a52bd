"""Metrics of a hub as the text that Prometheus reads."""

import asyncio
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from jackfield.kit.counters import Counters
from jackfield.kit.errors import HubError
from jackfield.metrics.families import family
from jackfield.metrics.repo import Queue, queues
from jackfield.runtime import Hub

# The database is asked no more often, however many ask for metrics.
_FRESH_SECONDS: Final = 15.0

_log = structlog.get_logger()


class Exposition:
    """The metrics of one process; a collector of Prometheus' client."""

    def __init__(self, hub: Hub, counters: Counters) -> None:
        self._hub = hub
        self._counters = counters
        self._queues: list[Queue] = []
        self._asked_at = float("-inf")
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    async def text(self) -> bytes:
        if time.monotonic() - self._asked_at >= _FRESH_SECONDS:
            self._asked_at = time.monotonic()
            try:
                self._queues = await queues(self._hub.db)
            except HubError as error:
                self._queues = []
                _log.warning("queues_not_counted", code=error.code)
        return await asyncio.to_thread(generate_latest, self._registry)

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("jackfield_build", "The hub.", {"version": version("jackfield")})
        yield GaugeMetricFamily(
            "jackfield_log_rows_waiting",
            "Rows of the logs that wait to be written.",
            value=self._hub.write_buffer.waiting,
        )
        yield from map(family, self._counters.all())
        depths = GaugeMetricFamily(
            "jackfield_queue_depth", "Work that is due, 100,000 at most.", labels=("queue",)
        )
        ages = GaugeMetricFamily(
            "jackfield_queue_oldest_seconds",
            "How long the oldest work of a queue has been due.",
            labels=("queue",),
        )
        now = self._hub.clock()
        for queue in self._queues:
            depths.add_metric((queue.name,), queue.depth)
            age = 0.0 if queue.oldest is None else (now - queue.oldest).total_seconds()
            ages.add_metric((queue.name,), max(age, 0.0))
        yield depths
        yield ages
