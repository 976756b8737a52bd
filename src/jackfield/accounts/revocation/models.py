"""Revocation of an account's credentials at their provider, and its results."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jackfield.kit.errors import Conflict
from jackfield.kit.ids import AccountId, ProjectId


class Ending(StrEnum):
    """Why credentials are revoked: the account is deleted, or suspended for good."""

    DELETE = "delete"
    SUSPEND = "suspend"


class RevocationResult(StrEnum):
    REVOKED = "revoked"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


class Verdict(StrEnum):
    """
    What is known of credentials that were to be revoked.

    They are dead once the provider refuses them, and survived if it still accepts them. Of
    `nothing` the hub had none.
    """

    DEAD = "dead"
    SURVIVED = "survived"
    UNKNOWN = "unknown"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a harmless call with an account's credentials told; `by` is that call."""

    verdict: Verdict
    detail: str
    by: str | None = None
    may_pass: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of an account's credentials: what the provider was asked, and the verdict."""

    verdict: Verdict
    result: "RevocationResult"
    detail: str
    proved_by: str | None = None


@dataclass(frozen=True, slots=True)
class RevocationOutcome:
    """
    How a revocation ended, in words as well.

    It is `proved` if the provider refused the credentials afterwards.
    """

    result: RevocationResult
    detail: str
    proved: bool = False


@dataclass(frozen=True, slots=True)
class BegunRevocation:
    """A revocation in the journal, from before the provider is asked until the account has ended."""

    account_id: AccountId
    project_id: ProjectId
    ending: Ending
    generation: int
    leased_until: datetime


class RevocationUnderWay(Conflict):
    """The account's credentials are being revoked at the provider; ask again in a minute."""

    code = "revocation_under_way"
    retryable = True
    retry_after = 60
