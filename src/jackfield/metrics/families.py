"""Counters as families of Prometheus."""

from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from jackfield.kit.counters import Counter, Gauge, Histogram


def family(counted: Counter | Histogram) -> Metric:
    if isinstance(counted, Histogram):
        return _histogram(counted)
    kind = GaugeMetricFamily if isinstance(counted, Gauge) else CounterMetricFamily
    made = kind(counted.name, counted.words, labels=counted.labels)
    # A list, as the text is made in another thread.
    for labels, value in list(counted.values.items()):
        made.add_metric(labels, value)
    return made


def _histogram(counted: Histogram) -> Metric:
    made = HistogramMetricFamily(counted.name, counted.words, labels=counted.labels)
    bounds = [*map(str, counted.bounds), "+Inf"]
    for labels, times in list(counted.values.items()):
        upto = accumulate(times.buckets)
        made.add_metric(labels, list(zip(bounds, upto, strict=True)), times.total)
    return made
