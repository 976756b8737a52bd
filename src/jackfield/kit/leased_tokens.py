"""The requests a minute of each API key, which processes on several machines share through a store."""

from typing import Final

from jackfield.kit.leased_slots import LeasedSlots
from jackfield.kit.limit_exchange import LimitExchange
from jackfield.kit.rate_limit import TokenBuckets
from jackfield.kit.shared_buckets import SharedBuckets, SharedTokenBuckets, key_of

_SECONDS: Final = 60.0
_MOST_KNOWN: Final = 10_000


class LeasedTokenBuckets:
    """As `jackfield.kit.rate_limit.TokenBuckets`, in all processes together."""

    def __init__(self, own: TokenBuckets | SharedTokenBuckets, exchange: LimitExchange) -> None:
        """`own` are those that this process goes by while the store is away."""
        self.most: Final = own.most
        self._own = own
        self._exchange = exchange
        # Each with the time before which it has none.
        self._known: dict[str, tuple[LeasedSlots, float]] = {}

    def sharing(self, shared: SharedBuckets) -> "LeasedTokenBuckets":
        """Return buckets that are shared in memory while the store is away."""
        return LeasedTokenBuckets(SharedTokenBuckets(shared, self.most), self._exchange)

    def take(self, key: str, now: float) -> float | None:
        """Take a token at hand, as `TokenBuckets.take`; none if that must be waited for."""
        if self._exchange.is_away:
            return self._own.take(key, now)
        slots, none_before = self._of(key)
        at = self._exchange.now()
        if at < none_before:
            return none_before - at
        if slots.take(at) is None:
            return None
        self._own.take(key, now)
        return 0.0

    async def wait_to_take(self, key: str, now: float) -> float:
        """Take a token of the store's, as `TokenBuckets.take`."""
        slots, _ = self._of(key)
        seconds = await slots.wait()
        if seconds is None:
            return self._own.take(key, now)
        if seconds > 0:
            self._known[key] = slots, self._exchange.now() + seconds
        else:
            self._own.take(key, now)
        return seconds

    def _of(self, key: str) -> tuple[LeasedSlots, float]:
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                # Those of whom something is at hand lose a run.
                self._known = {
                    key: known for key, known in self._known.items() if not known[0].is_idle()
                }
            rate = self.most / _SECONDS
            slots = LeasedSlots(
                self._exchange, key_of("api_key", key), rate, self.most, most_seconds=0
            )
            known = self._known[key] = slots, 0.0
        return known
