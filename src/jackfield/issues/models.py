"""Issues, their causes, and how they end."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jackfield.accounts.models import MendingStep
from jackfield.kit.errors import Conflict, NotFound
from jackfield.kit.ids import AccountId, Id


class IssueId(Id, prefix="iss"):
    __slots__ = ()


class Cause(StrEnum):
    """What an operator or a customer can mend; a use of a decoy is the worst."""

    HONEYTOKEN = "honeytoken"
    CREDENTIAL = "credential"
    RENEWAL = "renewal"
    SETUP = "setup"
    PERMISSION = "permission"
    RATE_LIMIT = "rate_limit"
    PROVIDER_FAILING = "provider_failing"
    TIMEOUT = "timeout"
    OUTCOME_UNKNOWN = "outcome_unknown"
    EGRESS = "egress"


class IssueStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class IssueView(StrEnum):
    """The lists that issues are in: each is in one."""

    OPEN = "open"
    MUTED = "muted"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    SUCCEEDED = "succeeded"
    RELINKED = "relinked"
    ACCOUNT_ACTIVE = "account_active"
    ACCOUNT_DELETED = "account_deleted"
    TOKEN_RENEWED = "token_renewed"  # noqa: S105 - not a secret
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Issue:
    """
    What is wrong with one account by one cause.

    `code` and `message` are those of the latest failure. `actions` and `request_ids` are the last
    few, the latest first. `reopened` counts how often it came back within a day. `generation` is
    the account's when it failed last, and `account_failing` whether the account itself was in
    error. Failures of runs up to `settled_run_id` are over; `last_run_id` is the latest one read.
    """

    id: IssueId
    account_id: AccountId
    provider: str
    origin_owner_id: str
    origin_owner_name: str
    cause: Cause
    code: str
    message: str
    step: MendingStep | None
    status: IssueStatus
    first_seen_at: datetime
    last_seen_at: datetime
    occurrences: int
    reopened: int
    actions: tuple[str, ...]
    request_ids: tuple[str, ...]
    generation: int
    account_failing: bool
    last_run_id: str = ""
    settled_run_id: str = ""
    resolved_at: datetime | None = None
    resolution: Resolution | None = None
    # Who resolved it by hand.
    resolved_by: str | None = None
    muted_at: datetime | None = None
    # Until it is resolved, if it is muted without an end.
    muted_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status is IssueStatus.OPEN

    def is_muted(self, now: datetime) -> bool:
        return self.muted_at is not None and (self.muted_until is None or self.muted_until > now)

    def view(self, now: datetime) -> IssueView:
        if not self.is_open:
            return IssueView.RESOLVED
        return IssueView.MUTED if self.is_muted(now) else IssueView.OPEN


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """A filter of issues; an empty tuple means all."""

    views: tuple[IssueView, ...] = ()
    account_ids: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()


class IssueNotFound(NotFound):
    """No issue with this id in the project, or it is no longer stored."""

    code = "issue_not_found"


class IssueResolved(Conflict):
    """The issue is resolved: there is nothing to mute."""

    code = "issue_resolved"
