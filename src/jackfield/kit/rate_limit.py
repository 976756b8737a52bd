"""In-memory token-bucket rate limiter, one bucket per key."""

from collections.abc import Hashable
from typing import Final

_SECONDS: Final = 60.0
_MOST_BUCKETS: Final = 10_000


class TokenBuckets:
    """Token buckets that allow each key `per_minute` requests, also as one burst."""

    def __init__(self, per_minute: int) -> None:
        self.most: Final = float(per_minute)
        self._refill: Final = per_minute / _SECONDS
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, key: Hashable, now: float) -> float:
        """Take one token at `now` (in seconds); return 0.0, or the seconds until one is free."""
        left, since = self._buckets.get(key, (self.most, now))
        left = min(self.most, left + max(0.0, now - since) * self._refill)
        if now < since:
            # The clock was set back: a key without tokens would wait until it is where it was.
            self._buckets[key] = (left, now)
        if left < 1.0:
            return (1.0 - left) / self._refill
        if len(self._buckets) >= _MOST_BUCKETS and key not in self._buckets:
            self._forget(now)
        self._buckets[key] = (left - 1.0, now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Drop the buckets that are full again: a new one is the same."""
        self._buckets = {
            key: (left, since)
            for key, (left, since) in self._buckets.items()
            if left + (now - since) * self._refill < self.most
        }
