"""`/api/campaigns`: what takes a campaign from one state to another."""

from datetime import timedelta
from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import Scope, per_second
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import Feature, bad_params, feature_off
from jackfield.sandbox.iterable.routes.lists import require_list
from jackfield.sandbox.iterable.state.campaigns import Campaign, CampaignKind, CampaignState
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import send_time
from jackfield.sandbox.iterable.wire.routing import Effect, post
from jackfield.sandbox.iterable.work import lifecycle
from jackfield.sandbox.iterable.work.lifecycle import Audience

_FURTHEST: Final = timedelta(days=7)


class Chosen(Struct, rename="camel"):
    campaign_id: int


class Several(Struct, rename="camel"):
    campaign_ids: list[int]


class TimeZones(Struct, rename="camel"):
    default_time_zone: str
    start_time_zone: str


class Schedule(Struct, rename="camel"):
    send_at: str
    recipient_time_zone: TimeZones | None = None


class Trigger(Struct, rename="camel"):
    campaign_id: int
    list_ids: list[int]
    suppression_list_ids: list[int] | None = None
    data_fields: dict[str, Json] | None = None
    allow_repeat_marketing_sends: bool | None = None


def abort(call: Call, body: Chosen) -> Json:
    campaign = _require(call.project, body.campaign_id)
    _require_state(campaign, CampaignState.RUNNING, CampaignState.STARTING)
    lifecycle.end(campaign, CampaignState.ABORTED, call.project.now)
    return success()


def cancel(call: Call, body: Chosen) -> Json:
    campaign = _require(call.project, body.campaign_id)
    _require_state(campaign, CampaignState.SCHEDULED, CampaignState.RECURRING)
    lifecycle.cancel(campaign, call.project.now)
    return success()


def activate_triggered(call: Call, body: Chosen) -> Json:
    if not call.project.settings.features.trigger_campaigns:
        raise feature_off(Feature.TRIGGERING)
    campaign = _require(call.project, body.campaign_id, kind=CampaignKind.TRIGGERED)
    _require_state(campaign, CampaignState.DRAFT, CampaignState.READY, CampaignState.FINISHED)
    now = call.project.now
    campaign.state, campaign.start_at, campaign.ended_at = CampaignState.RUNNING, now, None
    campaign.updated_at = now
    return success()


def deactivate_triggered(call: Call, body: Chosen) -> Json:
    if not call.project.settings.features.trigger_campaigns:
        raise feature_off(Feature.TRIGGERING)
    campaign = _require(call.project, body.campaign_id, kind=CampaignKind.TRIGGERED)
    _require_state(campaign, CampaignState.RUNNING)
    lifecycle.end(campaign, CampaignState.FINISHED, call.project.now)
    return success()


def archive(call: Call, body: Several) -> Json:
    archived: list[int] = []
    failed: list[Json] = []
    for number in body.campaign_ids:
        campaign = call.project.campaigns.find(number)
        if campaign is None or campaign.state is CampaignState.ARCHIVED:
            reason = "not found" if campaign is None else "already archived"
            failed.append({"campaignId": number, "reason": f"Campaign {reason}"})
        else:
            lifecycle.archive(campaign, call.project.now)
            archived.append(number)
    return {"success": archived, "failed": failed}


def trigger(call: Call, body: Trigger) -> Json:
    project = call.project
    campaign = _require(project, body.campaign_id, kind=CampaignKind.TRIGGERED)
    _require_state(campaign, CampaignState.RUNNING)
    if not body.list_ids:
        msg = "listIds cannot be empty"
        raise bad_params(msg)
    for number in (*body.list_ids, *(body.suppression_list_ids or ())):
        require_list(project, number)
    audience = Audience(
        tuple(body.list_ids),
        suppressed=tuple(body.suppression_list_ids or ()),
        allow_repeats=body.allow_repeat_marketing_sends is not False,
    )
    lifecycle.send_to(project, campaign, audience, context=body.data_fields, at=project.now)
    return success()


def schedule(call: Call, campaign_id: int, body: Schedule) -> Json:
    project = call.project
    if not project.settings.features.schedule_campaigns:
        raise feature_off(Feature.SCHEDULING)
    campaign = _require(project, campaign_id, kind=CampaignKind.BLAST)
    _require_state(campaign, CampaignState.READY, CampaignState.SCHEDULED)
    at = send_time(project, body.send_at, furthest=_FURTHEST)
    lifecycle.schedule(project, campaign, at or project.now)
    return success()


def send(call: Call, campaign_id: int) -> Json:
    campaign = _require(call.project, campaign_id, kind=CampaignKind.BLAST)
    _require_state(campaign, CampaignState.READY, CampaignState.SCHEDULED)
    lifecycle.start(call.project, campaign, call.project.now)
    return success()


def _require(project: Project, number: int, *, kind: CampaignKind | None = None) -> Campaign:
    campaign = project.campaigns.find(number)
    if campaign is None:
        msg = "Invalid Campaign Id"
        raise bad_params(msg, {"campaignId": str(number)})
    if kind is not None and campaign.kind is not kind:
        msg = f"Campaign {number} is not a {kind.lower()} campaign"
        raise bad_params(msg, {"campaignId": str(number)})
    return campaign


def _require_state(campaign: Campaign, *states: CampaignState) -> None:
    if campaign.state not in states:
        msg = f"Campaign {campaign.id} is {campaign.state}, expected {' or '.join(states)}"
        raise bad_params(msg, {"campaignId": str(campaign.id)})


ROUTES: Final = (
    post("/api/campaigns/abort", abort),
    post("/api/campaigns/cancel", cancel),
    post("/api/campaigns/activateTriggered", activate_triggered, effect=Effect.SEND),
    post("/api/campaigns/deactivateTriggered", deactivate_triggered),
    post("/api/campaigns/archive", archive, per_second(5, Scope.API_KEY)),
    post("/api/campaigns/trigger", trigger, effect=Effect.SEND),
    post("/api/campaigns/{campaignId}/schedule", schedule, effect=Effect.SEND),
    post("/api/campaigns/{campaignId}/send", send, effect=Effect.SEND),
)
