"""Runs of actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jackfield.kit.errors import InvalidRequest
from jackfield.kit.ids import RunId
from jackfield.kit.json import Json


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants run, as they sent it.

    `placed` holds the arguments by place (`path`, `query`, `headers`, `body`) and name. `source`
    says where the order came from, for the log.
    """

    action_id: str
    account_id: str
    placed: Mapping[str, Mapping[str, Json]]
    cursor: str | None = None
    source: str = "api"


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of an action, as the log keeps it."""

    id: RunId
    account_id: str
    provider: str
    action_id: str
    source: str
    success: bool
    status_code: int
    error_code: str | None
    message: str | None
    started_at: datetime
    duration_ms: int


class AccountOfOtherProvider(InvalidRequest):
    """The account is linked to another provider than the action's."""

    code = "account_of_other_provider"
    status = 400


class AccountMissing(InvalidRequest):
    """Missing x-account-id header in request."""

    code = "account_missing"
    status = 400
