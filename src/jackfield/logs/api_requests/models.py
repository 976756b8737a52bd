"""Entries of the API request log.

Action runs have a log of their own.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request with an API key of the project. `category` is the part of the API."""

    id: str
    key_id: str | None
    user_agent: str | None
    category: str
    account_id: str | None
    http_method: str
    path: str
    success: bool
    status_code: int
    error_code: str | None
    started_at: datetime
    duration_ms: int


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """A filter of requests; an empty tuple or `None` means all."""

    ids: tuple[str, ...] = ()
    key_ids: tuple[str, ...] = ()
    account_ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    http_methods: tuple[str, ...] = ()
    status_codes: tuple[int, ...] = ()
    success: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
