"""Feedback of agents and people on the tools they used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.kit.ids import FeedbackId

LONGEST: Final = 20_000
MOST_TOOLS: Final = 200


@dataclass(frozen=True, slots=True)
class FeedbackDraft:
    """`tools` are action ids, and `session_id` and `run_id` ids, as somebody sent them."""

    feedback: str
    tools: tuple[str, ...]
    rating: str | None = None
    session_id: str | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What was said of tools used with an account."""

    id: FeedbackId
    account_id: str
    said: FeedbackDraft
    created_at: datetime
