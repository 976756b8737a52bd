"""Entries of the API request log. Action runs have a log of their own."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request that was made with a key of the project. `category` is what it was about."""

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
    """Which requests are meant; an empty choice means all."""

    ids: tuple[str, ...] = ()
    key_ids: tuple[str, ...] = ()
    account_ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    http_methods: tuple[str, ...] = ()
    status_codes: tuple[int, ...] = ()
    success: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
