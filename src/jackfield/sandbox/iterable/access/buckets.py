"""Rate limits: leaky buckets, one for each route and project, key or organization."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from math import ceil
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import Refusal, refusal

_SECONDS: Final = {"second": 1, "minute": 60, "day": 86_400}


class Scope(StrEnum):
    """Whose calls are counted together."""

    PROJECT = "project"
    API_KEY = "API key"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls per unit of time; of some, a refusal says when the next one is let in."""

    calls: int
    per: str
    scope: Scope = Scope.PROJECT
    is_told: bool = False

    @property
    def seconds(self) -> float:
        """The time in which one call leaks."""
        return _SECONDS[self.per] / self.calls


def per_second(calls: int, scope: Scope = Scope.PROJECT) -> Limit:
    return Limit(calls, "second", scope)


def per_second_told(calls: int) -> Limit:
    return Limit(calls, "second", is_told=True)


def per_minute(calls: int) -> Limit:
    return Limit(calls, "minute")


def per_day(calls: int) -> Limit:
    return Limit(calls, "day")


@dataclass(slots=True)
class _Bucket:
    level: float
    at: datetime


class Buckets:
    """The levels of all buckets of one region."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def pour(self, endpoint: str, owner: str, limit: Limit, *, now: datetime) -> bool:
        """Count one call, unless the bucket is full."""
        bucket = self._buckets.setdefault((endpoint, limit.per, owner), _Bucket(0.0, now))
        leaked = (now - bucket.at).total_seconds() / limit.seconds
        level = max(0.0, bucket.level - leaked)
        bucket.level, bucket.at = level, now
        if level + 1 > limit.calls:
            return False
        bucket.level = level + 1
        return True

    def clear(self) -> None:
        self._buckets.clear()


def rate_limited(limit: Limit, endpoint: str, project_id: int) -> Refusal:
    told: dict[str, Json] = {
        "rateLimitLimit": limit.calls,
        "rateLimitRemaining": 0,
        "rateLimitReset": ceil(limit.seconds),
    }
    return refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "RateLimitExceeded",
        f"Exceeded rate limit of {float(limit.calls)} per {limit.per} for endpoint: {endpoint}, "
        f"project: {project_id}",
        told if limit.is_told else None,
    )
