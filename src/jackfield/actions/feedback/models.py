"""Feedback of agents and people on the tools they used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.kit.ids import FeedbackId

LONGEST: Final = 20_000
MOST_TOOLS: Final = 200


@dataclass(frozen=True, slots=True)
class FeedbackDraft:
    """Feedback as a client sends it. `tools` are action ids; no id is checked."""

    feedback: str
    tools: tuple[str, ...]
    rating: str | None = None
    session_id: str | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """Stored feedback on tools used with an account."""

    id: FeedbackId
    account_id: str
    said: FeedbackDraft
    created_at: datetime
