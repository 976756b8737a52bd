"""What agents and people say of the tools they used."""

from dataclasses import dataclass
from datetime import datetime

from jackfield.kit.ids import FeedbackId


@dataclass(frozen=True, slots=True)
class Feedback:
    """`tools` are action ids as somebody sent them."""

    id: FeedbackId
    account_id: str
    tools: tuple[str, ...]
    feedback: str
    created_at: datetime
