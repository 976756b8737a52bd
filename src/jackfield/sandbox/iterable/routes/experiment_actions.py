"""`/api/experiments`: making, setting up and ending experiments."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.routes.experiments import require, show
from jackfield.sandbox.iterable.state.campaigns import CampaignKind
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.experiments import Experiment, ExperimentState
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Effect, patch, post
from jackfield.sandbox.iterable.work import experiments

_OPEN: Final = (ExperimentState.DRAFT, ExperimentState.READY)
_Percentage = Annotated[int, Meta(ge=1, le=99)]


class NewExperiment(Struct, rename="camel"):
    campaign_id: int
    experiment_type: Literal[
        "SubjectLine", "PreheaderText", "FromNameAndSender", "EmailBody", "WholeEmail"
    ]
    name: str | None = None


class NewVariant(Struct, rename="camel"):
    copy_from_template_id: int
    name: str | None = None


class Conversion(Struct, rename="camel", omit_defaults=True):
    system_conversion_event_type: Literal["Opens", "Clicks", "opens", "clicks"] | None = None
    custom_conversion_id: int | None = None


class Holdout(Struct, rename="camel"):
    hold_out_group_size: _Percentage
    attribution_period_hours: int


class Blast(Struct, rename="camel"):
    test_size_percentage: _Percentage
    test_duration_minutes: int


class Triggered(Struct, rename="camel"):
    test_sends_per_variation: int


class Changes(Struct, rename="camel"):
    """Null takes a setting away, leaving it out keeps it."""

    conversion_event_settings: Conversion | UnsetType | None = UNSET
    holdout_settings: Holdout | UnsetType | None = UNSET
    exploration_blast_settings: Blast | UnsetType | None = UNSET
    exploration_trigger_settings: Triggered | UnsetType | None = UNSET
    evenly_split_variations: bool | None = None


class Winner(Struct, rename="camel"):
    variant_id: int


def create_experiment(call: Call, body: NewExperiment) -> Json:
    project = call.project
    campaign = project.campaigns.find(body.campaign_id)
    if campaign is None or campaign.medium is not Medium.EMAIL:
        msg = "Invalid campaignId"
        raise bad_params(msg, {"campaignId": str(body.campaign_id)})
    if any(
        each.campaign is campaign and each.state is not ExperimentState.FINISHED
        for each in project.experiments
    ):
        msg = f"Campaign {campaign.id} already has an experiment"
        raise bad_params(msg)
    experiment = project.experiments.make(
        lambda number: Experiment(
            number,
            body.name or f"{campaign.name} Experiment",
            campaign,
            body.experiment_type,
            ExperimentState.DRAFT,
            project.now,
        )
    )
    experiments.add_variant(project, experiment, campaign.template_id, "Control")
    return show(project, experiment)


def copy_variant(call: Call, number: int, body: NewVariant) -> Json:
    project = call.project
    experiment = _require_open(call, number)
    source = project.templates.find(body.copy_from_template_id)
    if source is None or source.medium is not experiment.campaign.medium:
        msg = f"Template ID: {body.copy_from_template_id} does not exist for this project"
        raise bad_params(msg)
    name = body.name or f"Variant {len(experiment.variants) + 1}"
    copy = experiments.copy_template(project, source, f"{experiment.name}: {name}")
    experiments.add_variant(project, experiment, copy.id, name)
    experiments.settle_readiness(experiment)
    return show(project, experiment)


def update_settings(call: Call, number: int, body: Changes) -> Json:
    experiment = _require_open(call, number)
    if body.evenly_split_variations is False:
        msg = "evenlySplitVariations can only be true"
        raise bad_params(msg)
    is_blast = experiment.campaign.kind is CampaignKind.BLAST
    if isinstance(body.exploration_blast_settings, Blast) and not is_blast:
        msg = "explorationBlastSettings are for blast campaigns"
        raise bad_params(msg)
    if isinstance(body.exploration_trigger_settings, Triggered) and is_blast:
        msg = "explorationTriggerSettings are for triggered campaigns"
        raise bad_params(msg)
    _change(experiment, body)
    experiments.share_evenly(experiment)
    experiments.settle_readiness(experiment)
    return show(call.project, experiment)


def start(call: Call, number: int) -> Json:
    experiment = _require_open(call, number)
    if len(experiment.variants) < 2:  # noqa: PLR2004 - a comparison takes two
        msg = "An experiment needs at least two variants"
        raise bad_params(msg)
    experiment.state, experiment.started_at = ExperimentState.RUNNING, call.project.now
    return show(call.project, experiment)


def cancel(call: Call, number: int) -> Json:
    experiment = require(call.project, number)
    _require_state(experiment, ExperimentState.RUNNING)
    experiment.state, experiment.finished_at = ExperimentState.FINISHED, call.project.now
    return show(call.project, experiment)


def declare_winner(call: Call, number: int, body: Winner) -> Json:
    experiment = require(call.project, number)
    _require_state(experiment, ExperimentState.RUNNING, ExperimentState.FINISHED)
    winner = next((each for each in experiment.variants if each.id == body.variant_id), None)
    if winner is None:
        msg = f"Variant {body.variant_id} does not exist in this experiment"
        raise bad_params(msg)
    for variant in experiment.variants:
        variant.is_winner = variant is winner
        variant.percentage = 100.0 if variant is winner else 0.0
    experiment.campaign.template_id = winner.template_id
    experiment.state, experiment.finished_at = ExperimentState.WINNER_FOUND, call.project.now
    return show(call.project, experiment)


def delete_experiment(call: Call, number: int) -> Json:
    experiment = require(call.project, number)
    if experiment.state is ExperimentState.RUNNING:
        msg = "A running experiment has to be canceled before it is deleted"
        raise bad_params(msg)
    call.project.experiments.remove(number)
    return show(call.project, experiment)


def _change(experiment: Experiment, body: Changes) -> None:
    if body.conversion_event_settings is not UNSET:
        experiment.conversion = _plain(body.conversion_event_settings) or {}
    if body.holdout_settings is not UNSET:
        experiment.holdout = _plain(body.holdout_settings)
    if body.exploration_blast_settings is not UNSET:
        experiment.blast = _plain(body.exploration_blast_settings)
    if body.exploration_trigger_settings is not UNSET:
        experiment.trigger = _plain(body.exploration_trigger_settings)
    if body.evenly_split_variations:
        experiment.blast = experiment.trigger = None


def _plain(settings: Struct | None) -> dict[str, Json] | None:
    return None if settings is None else msgspec.to_builtins(settings)


def _require_open(call: Call, number: int) -> Experiment:
    experiment = require(call.project, number)
    _require_state(experiment, *_OPEN)
    return experiment


def _require_state(experiment: Experiment, *states: ExperimentState) -> None:
    if experiment.state not in states:
        msg = f"Experiment {experiment.id} is {experiment.state}, expected {' or '.join(states)}"
        raise bad_params(msg)


_EXPERIMENT: Final = "/api/experiments/{experimentId}"

ROUTES: Final = (
    post("/api/experiments", create_experiment),
    post(f"{_EXPERIMENT}/variants", copy_variant),
    patch(f"{_EXPERIMENT}/settings", update_settings),
    post(f"{_EXPERIMENT}/start", start, effect=Effect.SEND),
    post(f"{_EXPERIMENT}/cancel", cancel),
    post(f"{_EXPERIMENT}/winner", declare_winner, effect=Effect.SEND),
    post(f"{_EXPERIMENT}/delete", delete_experiment, effect=Effect.DELETE),
)
