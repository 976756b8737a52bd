"""Orders to run actions."""

from collections.abc import Mapping
from dataclasses import dataclass

from jackfield.kit.errors import HubError, InvalidRequest
from jackfield.kit.json import Json


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants run, as they sent it.

    `placed` holds the arguments by place (`path`, `query`, `headers`, `body`) and name. `source`
    says where the order came from, for the log. `profile_id` puts the run under another connector
    profile than the account's. A `dry_run` sends nothing: it says what would be sent.
    """

    action_id: str
    account_id: str
    placed: Mapping[str, Mapping[str, Json]]
    cursor: str | None = None
    source: str = "api"
    profile_id: str | None = None
    dry_run: bool = False


class AccountOfOtherProvider(InvalidRequest):
    """The account is linked to another provider than the action's."""

    code = "account_of_other_provider"
    status = 400


class AccountMissing(InvalidRequest):
    """Missing x-account-id header in request."""

    code = "account_missing"
    status = 400


class RequestTimeout(HubError):
    """The request was not done within its 60 seconds."""

    code = "request_timeout"
    status = 408
    retryable = True
    retry_after = 60.0
