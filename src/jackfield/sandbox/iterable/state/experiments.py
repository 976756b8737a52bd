"""Experiments: variants of a campaign's message, compared with each other."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.state.campaigns import Campaign


class ExperimentState(StrEnum):
    DRAFT = "draft"
    READY = "ready"
    RUNNING = "running"
    FINISHED = "finished"
    WINNER_FOUND = "winner_found"


@dataclass(slots=True, eq=False)
class Variant:
    id: int
    name: str
    template_id: int
    percentage: float
    is_control: bool = False
    is_winner: bool = False


@dataclass(slots=True, eq=False)
class Experiment:
    id: int
    name: str
    campaign: Campaign
    experiment_type: str
    state: ExperimentState
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    variants: list[Variant] = field(default_factory=list[Variant])
    conversion: dict[str, Json] = field(default_factory=dict[str, Json])
    holdout: dict[str, Json] | None = None
    blast: dict[str, Json] | None = None
    trigger: dict[str, Json] | None = None
