"""Requests to run an action or a proxy call, and their errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jackfield.kit.errors import HubError, InvalidRequest, ProviderAnswer, ProviderError
from jackfield.kit.json import Json


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What somebody wants run, as they sent it.

    `placed` holds the arguments by place (`path`, `query`, `headers`, `body`) and name. `source`
    says where the order came from, for the log. `profile_id` puts the run under another connector
    profile than the account's. A `dry_run` sends nothing: it says what would be sent. With `debug`
    the outcome says what was, as far as it may be shown.
    """

    action_id: str
    account_id: str
    placed: Mapping[str, Mapping[str, Json]]
    cursor: str | None = None
    source: str = "api"
    profile_id: str | None = None
    dry_run: bool = False
    debug: bool = False


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """A request of somebody's own, to be sent with an account's credentials.

    `base_url` stands in for the connector's own; `body` is JSON, or a text that is sent as it is.
    """

    account_id: str
    method: str = "GET"
    path: str = "/"
    base_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Json = None
    profile_id: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ProxyResponse:
    """What the provider said, whatever its status; `refusal` is that once more, if it refused."""

    status: int
    headers: Mapping[str, str]
    data: Json
    refusal: ProviderAnswer | None = None


class HostNotDeclared(InvalidRequest):
    """The connector does not declare this host, so no credential is sent there."""

    code = "host_not_declared"
    status = 400


class AccountOfOtherProvider(InvalidRequest):
    """The account is linked to another provider than the action's."""

    code = "account_of_other_provider"
    status = 400


class AccountMissing(InvalidRequest):
    """Missing x-account-id header in request."""

    code = "account_missing"
    status = 400


class AnswerTooDeep(ProviderError):
    """The provider's answer is nested too deep to be read."""

    code = "provider_answer_too_deep"


class RequestTimeout(HubError):
    """The request was not done within its 60 seconds."""

    code = "request_timeout"
    status = 408
    retryable = True
    retry_after = 60.0


class NotStreamed(InvalidRequest):
    """This action gives back no rows that could be passed on as they come: leave `stream` out."""

    code = "not_streamed"
