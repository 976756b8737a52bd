"""Export jobs and the files they make."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    ENQUEUED = "enqueued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Selection:
    """What to export: which kind of rows, from when to when, and which of their fields."""

    data_type: str
    start: datetime | None = None
    end: datetime | None = None
    campaign_id: int | None = None
    only_fields: tuple[str, ...] = ()
    omit_fields: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class ExportJob:
    id: int
    selection: Selection
    content_type: str
    delimiter: str
    scheduled_at: datetime
    state: JobState = JobState.ENQUEUED
    ended_at: datetime | None = None
    size: int = 0
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
