"""`/api/campaigns`: reading and making campaigns."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_second
from jackfield.sandbox.iterable.refusals import bad_params, not_found
from jackfield.sandbox.iterable.state.campaigns import Campaign, CampaignKind, CampaignState
from jackfield.sandbox.iterable.state.project import OWNER, Project
from jackfield.sandbox.iterable.state.templates import Template
from jackfield.sandbox.iterable.times import epoch_ms
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import send_time
from jackfield.sandbox.iterable.wire.paging import Listing, ordered
from jackfield.sandbox.iterable.wire.routing import Effect, get, post
from jackfield.sandbox.iterable.work import lifecycle

_FURTHEST: Final = timedelta(days=21)
_SORTS: Final[Mapping[str, Callable[[Campaign], Json]]] = {
    "id": lambda campaign: campaign.id,
    "name": lambda campaign: campaign.name,
    "createdAt": lambda campaign: campaign.created_at,
    "updatedAt": lambda campaign: campaign.updated_at,
    "startAt": lambda campaign: (campaign.start_at or campaign.created_at, campaign.id),
}


class Campaigns(Struct, rename="camel"):
    page: int | None = None
    page_size: int | None = None
    sort: str = "id"
    campaign_state: tuple[str, ...] = ()


class NewCampaign(Struct, rename="camel"):
    name: str
    template_id: int
    list_ids: list[int] | None = None
    suppression_list_ids: list[int] | None = None
    schedule_send: bool | None = None
    send_at: str | None = None
    send_mode: Literal["ProjectTimeZone", "RecipientTimeZone"] | None = None
    start_time_zone: str | None = None
    default_time_zone: str | None = None
    data_fields: dict[str, Json] | None = None
    campaign_data_fields: dict[str, Json] | None = None


def list_campaigns(call: Call, query: Campaigns) -> Json:
    return _list(call, call.project.campaigns, query)


def list_children(call: Call, campaign_id: int, query: Campaigns) -> Json:
    parent = call.project.campaigns.find(campaign_id)
    if parent is None or parent.state is not CampaignState.RECURRING:
        msg = f"Campaign {campaign_id} is not a recurring campaign"
        raise bad_params(msg, {"campaignId": str(campaign_id)})
    children = [
        each for each in call.project.campaigns if each.recurring_campaign_id == campaign_id
    ]
    return _list(call, children, query)


def get_campaign(call: Call, campaign_id: int) -> Json:
    campaign = call.project.campaigns.find(campaign_id)
    if campaign is None:
        msg = f"Campaign {campaign_id} does not exist"
        raise not_found(msg)
    return _show(campaign)


def create_campaign(call: Call, body: NewCampaign) -> Json:
    project = call.project
    template = _require_template(project, body.template_id)
    for number in (*(body.list_ids or ()), *(body.suppression_list_ids or ())):
        if number not in project.lists:
            msg = f"error.lists.invalidListId({number})"
            raise bad_params(msg)
    at = send_time(project, body.send_at, furthest=_FURTHEST)
    kind = CampaignKind.BLAST if body.list_ids else CampaignKind.TRIGGERED
    campaign = project.campaigns.make(
        lambda number: Campaign(
            number,
            body.name,
            kind,
            CampaignState.READY,
            template.medium,
            template.id,
            OWNER,
            project.now,
            project.now,
            list_ids=tuple(body.list_ids or ()),
            suppression_list_ids=tuple(body.suppression_list_ids or ()),
        )
    )
    if kind is CampaignKind.BLAST and body.schedule_send is not False:
        lifecycle.schedule(project, campaign, at or project.now)
    return {"campaignId": campaign.id}


def _require_template(project: Project, number: int) -> Template:
    template = project.templates.find(number)
    if template is None:
        msg = f"Template ID: {number} does not exist for this project"
        raise bad_params(msg, {"templateId": str(number)})
    return template


def _list(call: Call, campaigns: Iterable[Campaign], query: Campaigns) -> Json:
    unknown = set(query.campaign_state) - set(CampaignState)
    if unknown:
        msg = f"Invalid campaignState: {', '.join(sorted(unknown))}"
        raise bad_params(msg)
    chosen = [
        each for each in campaigns if not query.campaign_state or each.state in query.campaign_state
    ]
    found = ordered(chosen, query.sort, _SORTS)
    return _LISTING.page_or_all(call, found, query.page, query.page_size)


def _show(campaign: Campaign) -> Json:
    optional = {
        "startAt": campaign.start_at and epoch_ms(campaign.start_at),
        "endedAt": campaign.ended_at and epoch_ms(campaign.ended_at),
        "sendSize": campaign.send_size,
        "recurringCampaignId": campaign.recurring_campaign_id,
        "workflowId": campaign.workflow_id,
    }
    return {
        "id": campaign.id,
        "createdAt": epoch_ms(campaign.created_at),
        "updatedAt": epoch_ms(campaign.updated_at),
        "name": campaign.name,
        "templateId": campaign.template_id,
        "messageMedium": campaign.medium,
        "createdByUserId": campaign.creator,
        "updatedByUserId": campaign.creator,
        "campaignState": campaign.state,
        "type": campaign.kind,
        "listIds": campaign.list_ids,
        "suppressionListIds": campaign.suppression_list_ids,
        "labels": campaign.labels,
        **{name: value for name, value in optional.items() if value is not None},
    }


_LISTING: Final = Listing("campaigns", "totalCampaignsCount", _show, largest=1000, usual=20)

ROUTES: Final = (
    get("/api/campaigns", list_campaigns, per_second(100)),
    get("/api/campaigns/recurring/{id}/childCampaigns", list_children, per_second(100)),
    get("/api/campaigns/{id}", get_campaign, per_second(100)),
    post("/api/campaigns/create", create_campaign, effect=Effect.SEND),
)
