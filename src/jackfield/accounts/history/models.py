"""The history of an account: what was changed, when and by whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jackfield.kit.actor import Actor
from jackfield.kit.ids import Id


class AccountChangeId(Id, prefix="ach"):
    __slots__ = ()


class ChangeKind(StrEnum):
    LINKED = "linked"
    RELINKED = "relinked"
    EDITED = "edited"
    CHECKED = "checked"
    FAILED = "failed"
    RECOVERED = "recovered"
    RENEWED = "renewed"
    NOT_RENEWED = "not_renewed"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    RETIRED = "retired"
    REVOKED = "revoked"
    RELINK_ASKED = "relink_asked"
    PROBED = "probed"


@dataclass(frozen=True, slots=True)
class AccountChange:
    """One change; `detail` says more of it for people, and is no secret."""

    id: AccountChangeId
    kind: ChangeKind
    detail: str
    actor: Actor
    made_at: datetime
