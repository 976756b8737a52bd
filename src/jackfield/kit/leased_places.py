"""Places among the requests of a key, which one process has leased and shares with others.

A place that a request has left is kept for a moment, since the next request of the process needs
no trip then. It is left for good when it has been held for a while: another process may wait for it.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from jackfield.kit.limit_exchange import LimitExchange
from jackfield.kit.limit_store import Place, PlacesAsked

_HELD_SECONDS: Final = 0.5
_KEPT_SECONDS: Final = 0.1
# Of fewer places, none is kept: others would wait for it.
_FEWEST_KEPT: Final = 8


class LeasedPlace(Struct, eq=False):
    """A place, since when it is held, and since when no request is in it."""

    number: Place
    since: float
    free_since: float = 0.0


class LeasedPlaces:
    """The places of one key."""

    def __init__(self, exchange: LimitExchange, key: int) -> None:
        self.key: Final = key
        self._exchange = exchange
        self._most = 0
        self._in_use: set[LeasedPlace] = set()
        self._free: deque[LeasedPlace] = deque()
        self._waiting: deque[asyncio.Future[LeasedPlace | None]] = deque()

    async def occupy(self, most: int) -> LeasedPlace | None:
        """Wait for a place and occupy it; none if the store is away."""
        self._most = most
        if self._free:
            place = self._free.pop()
            self._in_use.add(place)
            return place
        if self._exchange.is_away:
            return None
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._exchange.ask_places(self)
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                # It was given at the same moment.
                self.vacate(waiting.result())
            raise

    def vacate(self, place: LeasedPlace | None) -> None:
        if place is None:
            return
        now = self._exchange.now()
        self._in_use.discard(place)
        if now - place.since > _HELD_SECONDS:
            self._exchange.leave(self.key, place.number)
            return
        place.free_since = now
        if self._serve(place):
            return
        self._free.append(place)
        if self._most < _FEWEST_KEPT:
            # Once those had their turn who wait in this process.
            asyncio.get_running_loop().call_soon(self._leave_free)

    def is_idle(self) -> bool:
        return not self._in_use and not self._free and not self._waiting

    def ask(self) -> PlacesAsked | None:
        self._waiting = deque(each for each in self._waiting if not each.done())
        if not self._waiting:
            return None
        return PlacesAsked(self.key, self._most, len(self._waiting))

    def take_in(self, places: list[Place], now: float) -> bool:
        for number in places:
            place = LeasedPlace(number, now, now)
            if not self._serve(place):
                self._free.append(place)
        return any(not each.done() for each in self._waiting)

    def fall_back(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    def give_back(self, now: float) -> list[Place]:
        given = list[Place]()
        # The one that was left first is first.
        while self._free and now - self._free[0].free_since >= _KEPT_SECONDS:
            given.append(self._free.popleft().number)
        return given

    def held(self) -> Iterator[Place]:
        for place in (*self._in_use, *self._free):
            yield place.number

    def _leave_free(self) -> None:
        while self._free:
            self._exchange.leave(self.key, self._free.popleft().number)

    def _serve(self, place: LeasedPlace) -> bool:
        """Give a place to the first who waits; return false if there is none."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(place)
                self._in_use.add(place)
                return True
        return False
