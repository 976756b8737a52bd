"""Campaigns of the usual project, in each state, and triggered ones of each medium."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from jackfield.sandbox.iterable.state.campaigns import Campaign, CampaignKind, CampaignState
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.project import OWNER, Project
from jackfield.sandbox.iterable.state.templates import Template
from jackfield.sandbox.iterable.work import lifecycle


class _Blast(NamedTuple):
    name: str
    state: CampaignState
    medium: Medium = Medium.EMAIL
    age: int = 10


_BLASTS: Final = (
    _Blast("Spring catalog", CampaignState.DRAFT, age=4),
    _Blast("Trail guide launch", CampaignState.READY, age=6),
    _Blast("Weekend sale", CampaignState.SCHEDULED, age=5),
    _Blast("Autumn lookbook", CampaignState.FINISHED, age=90),
    _Blast("Flash offer", CampaignState.STARTING, Medium.PUSH, age=1),
    _Blast("Winter warm-up", CampaignState.ABORTED, Medium.SMS, age=40),
    _Blast("Monthly digest", CampaignState.RECURRING, age=120),
    _Blast("Old welcome", CampaignState.ARCHIVED, age=400),
)
_TRIGGERED: Final = {
    Medium.EMAIL: "Order confirmation",
    Medium.PUSH: "Delivery update",
    Medium.SMS: "Pickup reminder",
    Medium.IN_APP: "First steps",
    Medium.WEB_PUSH: "Back in stock",
    Medium.WHATSAPP: "Order chat",
    Medium.EMBEDDED: "Trail planner card",
}
_STARTED: Final = frozenset(
    {CampaignState.FINISHED, CampaignState.STARTING, CampaignState.ABORTED, CampaignState.ARCHIVED}
)
_ENDED: Final = frozenset({CampaignState.FINISHED, CampaignState.ABORTED, CampaignState.ARCHIVED})


def plant_campaigns(
    project: Project, templates: Mapping[Medium, Template], *, today: datetime
) -> None:
    newsletter = next(iter(project.lists)).id
    for row in _BLASTS:
        created = today - timedelta(days=row.age)
        campaign = _make(project, row.name, CampaignKind.BLAST, templates[row.medium], created)
        campaign.state, campaign.list_ids = row.state, (newsletter,)
        if row.state in _STARTED:
            campaign.start_at = created + timedelta(hours=2)
        if row.state in _ENDED:
            campaign.ended_at = created + timedelta(hours=3)
        if row.state is CampaignState.SCHEDULED:
            lifecycle.schedule(project, campaign, today + timedelta(days=3, hours=9))
        if row.state is CampaignState.RECURRING:
            _plant_children(project, campaign, templates[row.medium], today)
    for medium, name in _TRIGGERED.items():
        created = today - timedelta(days=150)
        campaign = _make(project, name, CampaignKind.TRIGGERED, templates[medium], created)
        campaign.state, campaign.start_at = CampaignState.RUNNING, created
        campaign.labels = ("service",)
        if medium is Medium.EMBEDDED:
            campaign.placement_id = 11
    waiting = _make(
        project,
        "Birthday wishes",
        CampaignKind.TRIGGERED,
        templates[Medium.EMAIL],
        today - timedelta(days=2),
    )
    waiting.state = CampaignState.READY


def running(project: Project, medium: Medium) -> Campaign:
    """Return the triggered campaign of a medium."""
    return next(
        each
        for each in project.campaigns
        if each.medium is medium and each.kind is CampaignKind.TRIGGERED
    )


def _plant_children(
    project: Project, parent: Campaign, template: Template, today: datetime
) -> None:
    for months in (2, 1):
        sent = today - timedelta(days=30 * months)
        name = f"{parent.name} ({sent:%Y-%m-%d})"
        child = _make(project, name, CampaignKind.BLAST, template, sent)
        child.state, child.list_ids = CampaignState.FINISHED, parent.list_ids
        child.recurring_campaign_id = parent.id
        child.start_at, child.ended_at = sent, sent + timedelta(minutes=20)
        child.send_size = 40


def _make(
    project: Project, name: str, kind: CampaignKind, template: Template, created: datetime
) -> Campaign:
    return project.campaigns.make(
        lambda number: Campaign(
            number,
            name,
            kind,
            CampaignState.DRAFT,
            template.medium,
            template.id,
            OWNER,
            created,
            created + timedelta(hours=1),
        )
    )
