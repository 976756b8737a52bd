"""Jobs over accounts: one thing that is done with many, one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from jackfield.kit.actor import Actor
from jackfield.kit.errors import Conflict, InvalidRequest, NotFound
from jackfield.kit.ids import AccountId, Id, ProjectId
from jackfield.kit.json import Json

# Of one job.
MOST_ACCOUNTS: Final = 50_000


class AccountJobId(Id, prefix="ajb"):
    __slots__ = ()


class JobVerb(StrEnum):
    """
    What a job does with each account; `relink` asks for the account to be linked again.

    `revoke` ends its credentials at the provider, and proves that they are dead.
    """

    CHECK = "check"
    SUSPEND = "suspend"
    RESUME = "resume"
    RELINK = "relink"
    REVOKE = "revoke"
    DELETE = "delete"

    @property
    def is_final(self) -> bool:
        """Whether it cannot be undone."""
        return self in (JobVerb.REVOKE, JobVerb.DELETE)


class JobStatus(StrEnum):
    """The status of a job; only one that is `running` goes on."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class ItemOutcome(StrEnum):
    """What became of one account; `unchanged` was as it should be already."""

    WAITING = "waiting"
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AccountJob:
    """
    A job, and how far it got: `failed` of the `done` accounts failed.

    Jobs with the same `batch_id` were begun by one command.
    """

    id: AccountJobId
    verb: JobVerb
    status: JobStatus
    query: str
    actor: Actor
    total: int
    done: int
    failed: int
    ended_reason: str | None
    created_at: datetime
    updated_at: datetime
    batch_id: str | None = None


@dataclass(frozen=True, slots=True)
class JobItem:
    """One account of a job, and what became of it; a revocation has `details` of its own."""

    account_id: AccountId
    outcome: ItemOutcome
    name: str
    provider: str
    code: str | None = None
    message: str | None = None
    ended_at: datetime | None = None
    details: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one account, to be noted in its job."""

    account_id: str
    outcome: ItemOutcome
    code: str | None = None
    message: str | None = None
    details: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """An account that a job has still to do something with; `is_begun` if it may have done so."""

    account_id: AccountId
    is_begun: bool


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A running job that this process has the lease of."""

    id: AccountJobId
    project_id: ProjectId
    leased_until: datetime


class AccountJobNotFound(NotFound):
    """No job over accounts with this id in the project."""

    code = "account_job_not_found"


class AccountJobRunning(Conflict):
    """Another job over accounts of this project is running. Wait until it is done, or stop it."""

    code = "account_job_running"


class NotSoManyAccounts(Conflict):
    """The number of accounts is another one than was confirmed. Look at them again."""

    code = "account_count_differs"


class NoAccountsChosen(InvalidRequest):
    """No account is chosen, or none matches."""

    code = "no_accounts_chosen"


class TooManyAccounts(InvalidRequest):
    """More accounts match than one job takes. Narrow the filters down."""

    code = "too_many_accounts"
