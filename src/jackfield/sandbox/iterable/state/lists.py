"""Lists of users."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jackfield.sandbox.iterable.state.users import User


class ListKind(StrEnum):
    STANDARD = "Standard"
    DYNAMIC = "Dynamic"
    SUPPRESSION = "Suppression"
    INTERNAL = "Internal"


@dataclass(slots=True, eq=False)
class MemberList:
    """A list and who is on it, in the order they joined."""

    id: int
    name: str
    kind: ListKind
    created_at: datetime
    description: str | None = None
    suppresses_globally: bool = False
    members: dict[User, None] = field(default_factory=dict[User, None])
