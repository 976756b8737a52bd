"""Requests to run an action or a proxy call, and their errors."""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct, field

from jackfield.kit.errors import Conflict, HubError, InvalidRequest, ProviderAnswer, ProviderError
from jackfield.kit.json import Json
from jackfield.projects.key_limits import Narrowing


class RunRequest(Struct, frozen=True):
    """A client's request to run an action, unchecked.

    `arguments` are by location (`path`, `query`, `headers`, `body`) and name. `source` is the entry
    point, for the log. `profile_id` overrides the account's connector profile. A `dry_run` returns
    the request that would be sent. With `debug` the result describes the requests that were sent.
    `key` is what the client's API key may do, if it is a narrowed one.
    """

    action_id: str
    account_id: str
    arguments: Mapping[str, Mapping[str, Json]]
    cursor: str | None = None
    source: str = "api"
    profile_id: str | None = None
    dry_run: bool = False
    debug: bool = False
    key: Narrowing | None = None


class ProxyRequest(Struct, frozen=True):
    """A client's own request to a provider, to be sent with an account's credentials.

    `base_url` replaces that of the connector; `body` is JSON, or a text that is sent as it is, or
    decoded first if it is base64. `key` is what the client's API key may do, if it is a narrowed one.
    """

    account_id: str
    method: str = "GET"
    path: str = "/"
    base_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Json = None
    is_base64: bool = False
    profile_id: str | None = None
    dry_run: bool = False
    key: Narrowing | None = None


class ProxyResponse(Struct, frozen=True):
    """
    A provider's response of any status; `refusal` repeats it if it is an error.

    Bytes that are not text are given as base64.
    """

    status: int
    headers: Mapping[str, str]
    data: Json
    refusal: ProviderAnswer | None = None
    is_base64: bool = False


class HostNotDeclared(InvalidRequest):
    """The connector does not declare this host, so no credentials are sent there."""

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


class OutcomeUnknown(ProviderError):
    """This write may have been carried out: look at the provider before you send it again."""

    code = "outcome_unknown"

    @classmethod
    def after(cls, error: HubError) -> Self:
        """Return what to say of a write that ended with `error`, after it was sent."""
        msg = (
            "this write may have been carried out; look at the provider whether what it was to "
            f"change is there, and send it again only if it is not ({error.detail})"
        )
        answer = error.answer if isinstance(error, ProviderError) else None
        return cls(msg, answer=answer, faults=error.faults)


class WriteInProgress(Conflict):
    """An equal write whose client hung up is still in progress. Retry later for its outcome."""

    code = "write_in_progress"
    retryable = True
    retry_after = 1.0


class AnswerNotKept(Conflict):
    """This write was sent and answered, and the answer was not kept. Look at the provider for it."""

    code = "answer_not_kept"


class RequestTimeout(HubError):
    """The request did not finish within 60 seconds. Retry later."""

    code = "request_timeout"
    status = 408
    retryable = True
    retry_after = 60.0


class RunInterrupted(HubError):
    """The client stopped reading, or the hub stopped, before this run had ended."""

    code = "run_interrupted"
    status = 499


class NotStreamed(InvalidRequest):
    """This action does not return rows that can be streamed. Retry without `stream`."""

    code = "not_streamed"
