"""Snippets: pieces of content that templates share."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, eq=False)
class Snippet:
    id: int
    name: str
    content: str
    variables: tuple[str, ...]
    description: str | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
