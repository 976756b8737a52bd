"""Errors raised by the client, grouped by what the caller can do about them."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from msgspec import Struct


class Fault(Struct, frozen=True):
    """One fault of a request, and its place."""

    path: str
    message: str


class ClientError(Exception):
    """The hub could not be reached, or responded with an error."""


class Unreachable(ClientError):
    """The hub did not respond."""


class BrokenOff(ClientError):
    """Rows that were streamed ended before their end: what came is not all."""


class Refused(ClientError):
    """
    The hub responded with an error.

    `code` is stable. `faults` list what is wrong with the request, `provider_errors` are responses
    of the provider, `retry_after` is in seconds, `request_id` identifies the request in the hub's
    log.
    """

    statuses: ClassVar[tuple[int, ...]] = ()

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int,
        body: Mapping[str, Any],
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{message} [{code}]")
        self.message: Final = message
        self.code: Final = code
        self.status: Final = status
        self.body: Final = body
        self.retry_after: Final = retry_after
        self.request_id: Final = str(body.get("request_id", ""))
        self.faults: Final = tuple(
            Fault(str(fault.get("path", "")), str(fault.get("message", "")))
            for fault in body.get("faults") or ()
        )
        self.provider_errors: Final = tuple(body.get("provider_errors") or ())


class Unauthenticated(Refused):
    """The API key is missing, wrong or revoked."""

    statuses = (401,)


class NotAllowed(Refused):
    """The API key does not carry the scope this needs."""

    statuses = (403,)


class NotFound(Refused):
    """The resource does not exist in the key's project."""

    statuses = (404, 410)


class Conflict(Refused):
    """The resource is in a state that does not allow this."""

    statuses = (409,)


class NotUsable(Refused):
    """The account, or its connector profile, cannot be used now."""

    statuses = (412,)


class Invalid(Refused):
    """The request is not valid; see `faults`."""

    statuses = (400, 413, 415, 422)


class RateLimited(Refused):
    """There are too many requests, to the hub or to the provider."""

    statuses = (429,)


class ProviderFailed(Refused):
    """The provider refused, failed, or took too long."""


class HubFailed(Refused):
    """The hub had an internal error."""


@contextmanager
def sendable() -> Generator[None]:
    """Turn what UTF-8 cannot hold into an error that says so."""
    try:
        yield
    except UnicodeEncodeError as error:
        msg = "the request holds half of a character (a lone surrogate), which cannot be sent"
        raise ClientError(msg) from error


_BY_STATUS: Final = {status: kind for kind in Refused.__subclasses__() for status in kind.statuses}


def refusal(body: Mapping[str, Any], *, status: int, retry_after: float | None) -> Refused:
    """Return the error of a response of status 400 and above."""
    code = str(body.get("code") or f"http_{status}")
    message = str(body.get("message") or f"the hub responded with status {status}")
    kind = _BY_STATUS.get(status, HubFailed)
    if code.startswith("provider_") and status != RateLimited.statuses[0]:
        kind = ProviderFailed
    return kind(message, code=code, status=status, body=body, retry_after=retry_after)
