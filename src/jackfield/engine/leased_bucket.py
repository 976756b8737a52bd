"""A bucket of the rate limiter that processes on several machines share through a store."""

from typing import Protocol

from jackfield.kit.leased_places import LeasedPlace, LeasedPlaces
from jackfield.kit.leased_slots import LeasedSlots
from jackfield.kit.limit_exchange import LimitExchange


class OwnBucket(Protocol):
    """A bucket that needs no trip."""

    def reserve(self, rate: float, burst: float, now: float, /) -> float: ...

    async def occupy(self, most: int) -> None: ...

    def vacate(self) -> None: ...

    def is_idle(self, now: float, /) -> bool: ...


class LeasedBucket:
    """
    One pool of one account.

    A request passes the bucket that this process has without the store as well: it waits in line
    there, and when the store is away, that one is as full as it is to be.
    """

    def __init__(self, own: OwnBucket, exchange: LimitExchange, key: int) -> None:
        self._own = own
        self._exchange = exchange
        self._key = key
        self._slots: LeasedSlots | None = None
        self._places = LeasedPlaces(exchange, key)
        self._occupied: list[LeasedPlace | None] = []

    def reserve(self, rate: float, burst: float, now: float) -> float | None:
        """Reserve the next slot at hand, and return the seconds until it begins; none without one."""
        slots = self._slots
        if slots is None or slots.rate != rate or slots.burst != burst:
            slots = self._slots = LeasedSlots(self._exchange, self._key, rate, burst)
        seconds = slots.take(now)
        if seconds is None and not self._exchange.is_away:
            return None
        own = self._own.reserve(rate, burst, now)
        return own if seconds is None else seconds

    async def wait_to_reserve(self, rate: float, burst: float) -> float:
        """Reserve a slot of the store's, and return the seconds until it begins."""
        assert self._slots is not None, "asked for one at hand before"
        seconds = await self._slots.wait()
        own = self._own.reserve(rate, burst, self._exchange.now())
        return own if seconds is None else seconds

    async def occupy(self, most: int) -> None:
        await self._own.occupy(most)
        try:
            self._occupied.append(await self._places.occupy(most))
        except BaseException:
            self._own.vacate()
            raise

    def vacate(self) -> None:
        place = self._occupied.pop()
        # The next in line finds the place that is vacated.
        self._own.vacate()
        self._places.vacate(place)

    def is_idle(self, now: float) -> bool:
        has_waiting = self._slots is not None and not self._slots.is_idle()
        return self._own.is_idle(now) and self._places.is_idle() and not has_waiting
