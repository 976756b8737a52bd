"""Metrics as Prometheus reads them."""

from prometheus_client.parser import text_string_to_metric_families

from jackfield.metrics.exposition import Exposition
from jackfield.runtime import Hub


async def metrics(hub: Hub) -> dict[str, float]:
    """Return the samples of a hub that counts, written as in Prometheus: `name{label=value}`."""
    assert hub.counters is not None
    return samples((await Exposition(hub, hub.counters).text()).decode())


def samples(text: str) -> dict[str, float]:
    return {
        f"{each.name}{{{','.join(f'{name}={value}' for name, value in each.labels.items())}}}": (
            each.value
        )
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


def of(found: dict[str, float], name: str) -> dict[str, float]:
    """Return the samples of one name, by their labels."""
    return {
        sample.removeprefix(name)[1:-1]: value
        for sample, value in found.items()
        if sample.startswith(f"{name}{{")
    }
