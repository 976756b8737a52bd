"""`/api/experiments`: reading experiments and what came of them."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import bad_params, not_found
from jackfield.sandbox.iterable.state.campaigns import CampaignKind
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.experiments import Experiment, ExperimentState, Variant
from jackfield.sandbox.iterable.state.project import OWNER, Project
from jackfield.sandbox.iterable.times import epoch_ms, iso, midnight
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import read_moment
from jackfield.sandbox.iterable.wire.routing import get
from jackfield.sandbox.iterable.work import experiments
from jackfield.sandbox.iterable.work.text import csv_line
from jackfield.sandbox.replies import CSV, Reply, text_reply

_DAY: Final = timedelta(days=1)
_USUAL_SPAN: Final = timedelta(days=7)
_CHANNELS: Final = {
    Medium.EMAIL: "email",
    Medium.PUSH: "push",
    Medium.SMS: "sms",
    Medium.IN_APP: "in_app",
    Medium.WEB_PUSH: "web_push",
}
# Lists know three states only.
_LISTED: Final = {
    ExperimentState.DRAFT: "draft",
    ExperimentState.READY: "draft",
    ExperimentState.RUNNING: "running",
    ExperimentState.FINISHED: "finished",
    ExperimentState.WINNER_FOUND: "finished",
}


class Experiments(Struct, rename="camel"):
    campaign_id: int | None = None
    state: Literal["draft", "running", "finished"] | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 20
    offset: Annotated[int, Meta(ge=0)] = 0


class Span(Struct, rename="camel"):
    start_date_time: str | None = None
    end_date_time: str | None = None


class Metrics(Struct, rename="camel"):
    experiment_id: tuple[int, ...] = ()
    campaign_id: tuple[int, ...] = ()
    start_date_time: str | None = None
    end_date_time: str | None = None


def list_experiments(call: Call, query: Experiments) -> Json:
    start = read_moment("startDateTime", query.start_date_time)
    end = read_moment("endDateTime", query.end_date_time)
    chosen = [
        each
        for each in call.project.experiments
        if query.campaign_id in {None, each.campaign.id}
        and query.state in {None, _LISTED[each.state]}
        and (start is None or (each.started_at or each.created_at) >= start)
        and (end is None or (each.started_at or each.created_at) < end)
    ]
    shown = chosen[query.offset : query.offset + query.limit]
    return {"experiments": [_summarize(each) for each in shown], "totalCount": len(chosen)}


def get_experiment(call: Call, number: int) -> Json:
    return show(call.project, require(call.project, number))


def list_variants(call: Call, number: int) -> Json:
    experiment = require(call.project, number)
    variants = [_with_content(call.project, each) for each in experiment.variants]
    return {"experimentId": experiment.id, "variants": variants}


def get_totals(call: Call, number: int) -> Json:
    experiment = require(call.project, number)
    variants = [
        {**_name(each), "metrics": experiments.totals(call.project, experiment, each)}
        for each in experiment.variants
    ]
    return {"id": experiment.id, "status": experiment.state, "variants": variants}


def get_trends(call: Call, number: int, query: Span) -> Json:
    experiment = require(call.project, number)
    if (query.start_date_time is None) != (query.end_date_time is None):
        msg = "Provide both startDateTime and endDateTime, or neither"
        raise bad_params(msg)
    end = read_moment("endDateTime", query.end_date_time) or call.project.now
    start = read_moment("startDateTime", query.start_date_time) or end - _USUAL_SPAN
    if start > end:
        msg = "startDateTime must not lie after endDateTime"
        raise bad_params(msg)
    return {
        "id": experiment.id,
        "status": experiment.state,
        "interval": "day",
        "startDateTime": iso(start),
        "endDateTime": iso(end),
        "variants": [
            {**_name(each), "series": _series(call.project, experiment, each, start, end)}
            for each in experiment.variants
        ],
    }


def get_metrics(call: Call, query: Metrics) -> Reply:
    columns = ["experimentId", "campaignId", "variantId", "templateId", "name", "percentage"]
    lines = [csv_line([*columns, *experiments.METRICS])]
    for experiment in call.project.experiments:
        if query.experiment_id and experiment.id not in query.experiment_id:
            continue
        if query.campaign_id and experiment.campaign.id not in query.campaign_id:
            continue
        for variant in experiment.variants:
            counted = experiments.totals(call.project, experiment, variant)
            numbers = (experiment.id, experiment.campaign.id, variant.id, variant.template_id)
            cells = [*map(str, numbers), variant.name, str(variant.percentage)]
            lines.append(csv_line([*cells, *map(str, counted.values())]))
    return text_reply("".join(lines), content_type=CSV)


def require(project: Project, number: int) -> Experiment:
    experiment = project.experiments.find(number)
    if experiment is None:
        msg = f"Experiment {number} does not exist"
        raise not_found(msg)
    return experiment


def show(project: Project, experiment: Experiment) -> Json:
    dates = {
        "creationDate": experiment.created_at,
        "startDate": experiment.started_at,
        "finishDate": experiment.finished_at,
    }
    return {
        "id": experiment.id,
        "status": experiment.state,
        **{name: epoch_ms(moment) for name, moment in dates.items() if moment is not None},
        "channelType": _CHANNELS.get(experiment.campaign.medium, "email"),
        "experimentType": experiment.experiment_type,
        "allocationMode": _allocation(experiment),
        "sizing": _sizing(experiment),
        "meta": {
            "name": experiment.name,
            "conversionMetrics": _conversion_metrics(experiment),
            "campaignId": experiment.campaign.id,
            "projectId": project.facts.project_id,
            "orgId": project.facts.organization_id,
        },
        "variants": [_share(each) for each in experiment.variants],
        "constraints": {"suppressionListIds": experiment.campaign.suppression_list_ids},
    }


def _summarize(experiment: Experiment) -> Json:
    shown: dict[str, Json] = {
        "id": experiment.id,
        "name": experiment.name,
        "status": _LISTED[experiment.state],
        "channelType": _CHANNELS.get(experiment.campaign.medium, "email"),
        "author": OWNER,
    }
    if experiment.started_at is not None:
        shown["startDate"] = iso(experiment.started_at)
    return shown


def _name(variant: Variant) -> dict[str, Json]:
    return {
        "id": variant.id,
        "name": variant.name,
        "isControl": variant.is_control,
        "isWinner": variant.is_winner,
    }


def _share(variant: Variant) -> Json:
    return {
        **_name(variant),
        "value": {"templateId": variant.template_id},
        "currentPercentage": variant.percentage,
    }


def _with_content(project: Project, variant: Variant) -> Json:
    template = project.templates.find(variant.template_id)
    content = (template and template.content(None)) or {}
    names = {
        "subject": "subject",
        "preheader": "preheaderText",
        "htmlSource": "html",
        "plainText": "plainText",
    }
    return {
        "variantId": variant.id,
        "name": variant.name,
        "value": {"templateId": variant.template_id},
        "currentPercentage": variant.percentage,
        "content": {name: content[field] for name, field in names.items() if field in content},
    }


def _series(
    project: Project, experiment: Experiment, variant: Variant, start: datetime, end: datetime
) -> Json:
    days = [midnight(start) + number * _DAY for number in range((end - start).days + 1)]
    counted = experiments.daily(project, experiment, variant)
    return {
        metric: [{"time": iso(day), "value": by_day[day]} for day in days]
        for metric, by_day in counted.items()
    }


def _allocation(experiment: Experiment) -> str:
    if experiment.blast is not None:
        return "winner_takes_all"
    return "multi_armed_bandit" if experiment.trigger is not None else "even_split"


def _sizing(experiment: Experiment) -> dict[str, Json]:
    sizing: dict[str, Json] = {}
    if experiment.variants:
        sizing["perVariantPercentage"] = experiment.variants[0].percentage
    if experiment.holdout is not None:
        sizing["holdoutPercentage"] = experiment.holdout["holdOutGroupSize"]
        sizing["attributionPeriodHours"] = experiment.holdout["attributionPeriodHours"]
    if experiment.blast is not None and experiment.campaign.kind is CampaignKind.BLAST:
        sizing["testGroupPercentage"] = experiment.blast["testSizePercentage"]
        sizing["winnerGroupPercentage"] = 100 - experiment.blast["testSizePercentage"]
        sizing["testDurationMinutes"] = experiment.blast["testDurationMinutes"]
    if experiment.trigger is not None:
        sizing["sendsPerVariant"] = experiment.trigger["testSendsPerVariation"]
    return sizing


def _conversion_metrics(experiment: Experiment) -> list[str]:
    metric = experiment.conversion.get("systemConversionEventType")
    return [str(metric).lower()] if metric else []


_EXPERIMENT: Final = "/api/experiments/{experimentId}"

ROUTES: Final = (
    get("/api/experiments", list_experiments),
    get("/api/experiments/metrics", get_metrics),
    get(_EXPERIMENT, get_experiment),
    get(f"{_EXPERIMENT}/variants", list_variants),
    get(f"{_EXPERIMENT}/totals", get_totals),
    get(f"{_EXPERIMENT}/trends", get_trends),
)
