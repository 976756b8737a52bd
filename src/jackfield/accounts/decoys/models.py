"""Decoys: accounts that nobody has a reason to use, so that each use is an alarm."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jackfield.kit.errors import InvalidRequest
from jackfield.kit.ids import AccountId


class Touch(StrEnum):
    """How a decoy was used."""

    RUN = "run"
    DRY_RUN = "dry_run"
    CHECK = "check"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Decoy:
    """A decoy: how often it was used, and when last."""

    account_id: AccountId
    created_at: datetime
    touches: int
    touched_at: datetime | None
    alarmed_at: datetime | None
    alarmed_by: str | None


class NoDecoyPossible(InvalidRequest):
    """The connector has no connector profile that is switched on, so no account can look like its."""

    code = "no_decoy_possible"
