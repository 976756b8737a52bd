"""Campaigns and the states they go through."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jackfield.sandbox.iterable.state.channels import Medium


class CampaignState(StrEnum):
    DRAFT = "Draft"
    READY = "Ready"
    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    FINISHED = "Finished"
    STARTING = "Starting"
    ABORTED = "Aborted"
    RECURRING = "Recurring"
    ARCHIVED = "Archived"


class CampaignKind(StrEnum):
    BLAST = "Blast"
    TRIGGERED = "Triggered"


@dataclass(slots=True, eq=False)
class Campaign:
    id: int
    name: str
    kind: CampaignKind
    state: CampaignState
    medium: Medium
    template_id: int
    creator: str
    created_at: datetime
    updated_at: datetime
    start_at: datetime | None = None
    ended_at: datetime | None = None
    list_ids: tuple[int, ...] = ()
    suppression_list_ids: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    recurring_campaign_id: int | None = None
    workflow_id: int | None = None
    send_size: int | None = None
    placement_id: int | None = None
