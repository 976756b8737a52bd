"""Lifecycle of campaigns: scheduled, started, finished, stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.state.campaigns import Campaign, CampaignKind, CampaignState
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.work import delivery

_RUN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is to get a campaign: the members of some lists, less those of others."""

    list_ids: tuple[int, ...]
    suppressed: tuple[int, ...] = ()
    allow_repeats: bool = True


def schedule(project: Project, campaign: Campaign, at: datetime) -> None:
    """Have a blast start at a time; a time that is past means now."""
    campaign.state, campaign.start_at = CampaignState.SCHEDULED, at

    def begin(now: datetime) -> None:
        if campaign.state is CampaignState.SCHEDULED and campaign.start_at == at:
            start(project, campaign, now)

    if at <= project.now:
        begin(project.now)
    else:
        project.agenda.add(at, begin)


def start(project: Project, campaign: Campaign, now: datetime) -> None:
    """Send a blast to its lists; it counts as running for a minute."""
    campaign.state, campaign.start_at, campaign.updated_at = CampaignState.RUNNING, now, now
    campaign.send_size = send_to(project, campaign, Audience(campaign.list_ids), at=now)
    project.agenda.add(now + _RUN, lambda moment: _finish(campaign, moment))


def send_to(
    project: Project,
    campaign: Campaign,
    audience: Audience,
    *,
    context: Mapping[str, Json] | None = None,
    at: datetime,
) -> int:
    """Send to everybody on these lists once, and return to how many."""
    groups = [group for number in audience.list_ids if (group := project.lists.find(number))]
    spared = [group for number in audience.suppressed if (group := project.lists.find(number))]
    recipients: dict[User, None] = {user: None for group in groups for user in group.members}
    sent = 0
    for user in recipients:
        if any(user in group.members for group in spared):
            continue
        if not audience.allow_repeats and project.messages.has_had(user, campaign):
            continue
        sent += delivery.send(project, campaign, user, context=context, at=at) is not None
    return sent


def cancel(campaign: Campaign, now: datetime) -> None:
    campaign.state, campaign.start_at, campaign.updated_at = CampaignState.READY, None, now


def end(campaign: Campaign, state: CampaignState, now: datetime) -> None:
    campaign.state, campaign.ended_at, campaign.updated_at = state, now, now


def archive(campaign: Campaign, now: datetime) -> None:
    """Hide a campaign; one that is on its way is stopped first."""
    if campaign.state in {CampaignState.RUNNING, CampaignState.STARTING}:
        campaign.ended_at = now
    if campaign.state is CampaignState.SCHEDULED:
        campaign.start_at = None
    campaign.state, campaign.updated_at = CampaignState.ARCHIVED, now


def _finish(campaign: Campaign, now: datetime) -> None:
    if campaign.state is CampaignState.RUNNING and campaign.kind is CampaignKind.BLAST:
        end(campaign, CampaignState.FINISHED, now)
