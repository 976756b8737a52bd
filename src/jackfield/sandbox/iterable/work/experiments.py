"""Experiments: their variants' shares, and what came of them."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from jackfield.sandbox.iterable.state.events import Event
from jackfield.sandbox.iterable.state.experiments import Experiment, ExperimentState, Variant
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.templates import Template

# What is counted of each variant, by the end of the events' names.
METRICS = {"sends": "Send", "opens": "Open", "clicks": "Click"}


def add_variant(project: Project, experiment: Experiment, template_id: int, name: str) -> None:
    """Add a variant and give all the same share."""
    experiment.variants.append(
        project.variants.make(
            lambda number: Variant(
                number, name, template_id, 0.0, is_control=not experiment.variants
            )
        )
    )
    share_evenly(experiment)


def share_evenly(experiment: Experiment) -> None:
    held_out = float((experiment.holdout or {}).get("holdOutGroupSize", 0))
    for variant in experiment.variants:
        variant.percentage = round((100.0 - held_out) / len(experiment.variants), 2)


def settle_readiness(experiment: Experiment) -> None:
    """Have a draft count as ready once there is something to compare, and by what."""
    if experiment.state in {ExperimentState.DRAFT, ExperimentState.READY}:
        is_ready = len(experiment.variants) > 1 and bool(experiment.conversion)
        experiment.state = ExperimentState.READY if is_ready else ExperimentState.DRAFT


def copy_template(project: Project, source: Template, name: str) -> Template:
    """Make a template with the same contents."""
    now = project.now
    copy = project.templates.make(
        lambda number: Template(
            number,
            source.medium,
            name,
            source.message_type_id,
            source.creator,
            now,
            now,
            kind=source.kind,
            default_locale=source.default_locale,
        )
    )
    copy.contents = {locale: dict(content) for locale, content in source.contents.items()}
    return copy


def totals(project: Project, experiment: Experiment, variant: Variant) -> dict[str, int]:
    counts = Counter(metric for metric, _ in _happenings(project, experiment, variant))
    return {metric: counts[metric] for metric in METRICS}


def daily(
    project: Project, experiment: Experiment, variant: Variant
) -> dict[str, Counter[datetime]]:
    """Count each metric by the day it happened on."""
    series: dict[str, Counter[datetime]] = {metric: Counter() for metric in METRICS}
    for metric, event in _happenings(project, experiment, variant):
        series[metric][event.at.replace(hour=0, minute=0, second=0, microsecond=0)] += 1
    return series


def _happenings(
    project: Project, experiment: Experiment, variant: Variant
) -> Iterator[tuple[str, Event]]:
    prefix = experiment.campaign.medium.event_prefix
    for metric, ending in METRICS.items():
        for event in project.events.of_kind(prefix + ending):
            values = event.values
            if (values.get("campaignId"), values.get("templateId")) == (
                experiment.campaign.id,
                variant.template_id,
            ):
                yield metric, event
