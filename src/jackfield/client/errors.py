"""Errors raised by the client, grouped by what the caller can do about them."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from msgspec import Struct


class Fault(Struct, frozen=True):
    """One thing that is wrong with what was sent, and where."""

    path: str
    message: str


class ClientError(Exception):
    """The hub could not be asked, or refused."""


class Unreachable(ClientError):
    """No hub answered."""


class Refused(ClientError):
    """
    The hub answered with an error.

    `code` is stable and says what went wrong; `status` is that of the answer. `faults` are there
    where several things are wrong, `provider_errors` where a provider spoke. `retry_after` is in
    seconds. `request_id` leads to the hub's log.
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
            Fault(str(each.get("path", "")), str(each.get("message", "")))
            for each in body.get("faults") or ()
        )
        self.provider_errors: Final = tuple(body.get("provider_errors") or ())


class Unauthenticated(Refused):
    """The API key is missing, wrong or revoked."""

    statuses = (401,)


class NotAllowed(Refused):
    """The API key does not carry the scope this needs."""

    statuses = (403,)


class NotFound(Refused):
    """There is no such thing in the key's project."""

    statuses = (404, 410)


class Conflict(Refused):
    """It is not in a state that allows this."""

    statuses = (409,)


class NotUsable(Refused):
    """The account, or its connector profile, cannot be used now."""

    statuses = (412,)


class Invalid(Refused):
    """What was sent is not what the hub takes; `faults` say where."""

    statuses = (400, 413, 415, 422)


class RateLimited(Refused):
    """Too many requests: to the hub, or of the hub to the provider."""

    statuses = (429,)


class ProviderFailed(Refused):
    """The provider refused, failed, or took too long."""


class HubFailed(Refused):
    """Something went wrong inside the hub."""


_BY_STATUS: Final = {status: each for each in Refused.__subclasses__() for status in each.statuses}


def refusal(body: Mapping[str, Any], *, status: int, retry_after: float | None) -> Refused:
    """Return the error that an answer of status 400 and above stands for."""
    code = str(body.get("code") or f"http_{status}")
    message = str(body.get("message") or f"the hub answered with status {status}")
    kind = _BY_STATUS.get(status, HubFailed)
    if code.startswith("provider_") and status != RateLimited.statuses[0]:
        kind = ProviderFailed
    return kind(message, code=code, status=status, body=body, retry_after=retry_after)
