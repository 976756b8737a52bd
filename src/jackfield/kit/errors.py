"""
Error tree of the hub.

Everything that may reach a client descends from `HubError`. A subclass states three facts once,
as class attributes: a stable `code` clients may branch on, the HTTP `status` it becomes, and
whether trying again can help. Its docstring's first line is the default message, so the catalogue
in the docs is generated, not written.

An exception outside this tree is a bug: the edge logs it with its traceback and tells the client
nothing but the request id.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar, Final, Self


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a request: the path of the value, and what was expected there."""

    path: str
    message: str


def _first_of(faults: Sequence[Fault]) -> str:
    """Return the first of the faults in words, and how many more there are."""
    if not faults:
        return ""
    first = f"{faults[0].path} {faults[0].message}"
    return first if len(faults) == 1 else f"{first} (and {len(faults) - 1} more)"


class HubError(Exception):
    """Something went wrong inside the hub."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    # Seconds to wait before a retry makes sense, where that is known.
    retry_after: float | None = None
    # The account that must be linked again before a retry can succeed.
    relink: str | None = None
    # Whether this happened before a byte of the request could have reached the provider.
    nothing_sent: bool = False
    # Whether a provider may have changed something before this happened.
    may_have_written: bool = False

    def __init__(
        self, detail: str | None = None, /, *, faults: Iterable[Fault] = (), **context: object
    ) -> None:
        """
        Create the error.

        Args:
            detail: the message for the client; the first fault, or else the class's own summary,
                when left out.
            faults: each invalid value, by path.
            context: fields for the log, never shown to the client.
        """
        self.faults: Final = tuple(faults)
        self.detail: Final = detail or _first_of(self.faults) or summary(type(self))
        self.context: Final = context
        super().__init__(self.detail)

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in vars(cls) and CATALOGUE.setdefault(cls.code, cls) is not cls:
            msg = f"error code {cls.code!r} is taken by {CATALOGUE[cls.code].__name__}"
            raise TypeError(msg)


CATALOGUE: Final[dict[str, type[HubError]]] = {HubError.code: HubError}


class NotFound(HubError):
    """No such resource, or it belongs to another project."""

    code = "not_found"
    status = 404


class Conflict(HubError):
    """The resource is not in a state that allows this."""

    code = "conflict"
    status = 409


class InvalidRequest(HubError):
    """The request is not valid for this endpoint."""

    code = "invalid_request"
    status = 422

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> Self:
        """Return the error that names all `faults` in its message."""
        listed = tuple(faults)
        return cls("; ".join(f"{fault.path}: {fault.message}" for fault in listed), faults=listed)


class UnsupportedMediaType(HubError):
    """The request body must be application/json."""

    code = "unsupported_media_type"
    status = 415


class RateLimited(HubError):
    """Too many requests with this API key."""

    code = "rate_limited"
    status = 429
    retryable = True

    def __init__(self, detail: str | None = None, /, *, retry_after: float) -> None:
        """`retry_after` is in seconds."""
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """A provider's error response, without credentials: safe to show and to log."""

    status: int
    url: str
    raw: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class ProviderError(HubError):
    """The provider's response is not what its connector expects."""

    code = "provider_error"
    status = 502
    # Whether it is the account's credential that the provider does not take, and nothing else.
    blames_credential: bool = False

    def __init__(
        self,
        detail: str | None = None,
        /,
        *,
        answer: ProviderAnswer | None = None,
        retry_after: float | None = None,
        faults: Iterable[Fault] = (),
        **context: object,
    ) -> None:
        """`answer` is the provider's response, if there was one; `retry_after` is in seconds."""
        super().__init__(detail, faults=faults, **context)
        self.answer: Final = answer
        self.retry_after = retry_after


class ProviderRejected(ProviderError):
    """The provider refused the request."""

    code = "provider_rejected"


class ProviderUnauthorized(ProviderError):
    """The provider no longer accepts the account's credential."""

    code = "provider_unauthorized"
    blames_credential = True


class ProviderRateLimited(ProviderError):
    """The provider limits the rate of requests. Retry later."""

    code = "provider_rate_limited"
    status = 429
    retryable = True


class ProviderUnavailable(ProviderError):
    """The provider could not be reached, or failed. Retry later."""

    code = "provider_unavailable"
    status = 503
    retryable = True


class ProviderTimeout(ProviderError):
    """The provider did not respond in time."""

    code = "provider_timeout"
    status = 504
    retryable = True


class UnreadableAnswer(ProviderError):
    """The provider's answer is not what it says it is."""

    code = "provider_answer_unreadable"


class AnswerTooDeep(UnreadableAnswer):
    """The provider's response is nested too deeply to be read."""

    code = "provider_answer_too_deep"


class PaginationStalled(ProviderError):
    """The provider returned the same page cursor twice."""

    code = "provider_pagination_stalled"


class EgressBlocked(HubError):
    """This hub is not allowed to send requests to this address."""

    code = "egress_blocked"
    status = 502


class UnresolvedReference(HubError):
    """The connector refers to a value that does not exist."""

    code = "unresolved_reference"


@cache
def summary(error: type[HubError]) -> str:
    """Return the first line of an error's docstring: its default message."""
    return (inspect.getdoc(error) or error.__name__).partition("\n")[0]
