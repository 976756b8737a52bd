"""Slots in time that one process has taken of a key that it shares with others.

It takes a run of them at once, as many as it has use for in a short time, and hands them out from
memory. A slot that is not used soon after it began is lost: so many are held back of the burst that
all processes together stay within it and the rate.
"""

import asyncio
import math
from collections import deque
from typing import Final

from jackfield.kit.limit_exchange import LimitExchange
from jackfield.kit.limit_store import ANY_SECONDS, Slots, SlotsAsked

# A slot is good for the time in which a tenth of the burst comes back, if that is no longer.
_SHARE: Final = 0.1
_LONGEST: Final = 1.0
_MOST_AHEAD: Final = 1000
# What demand is measured over is no shorter.
_SHORTEST: Final = 0.001
# A run of fewer is not asked for before it is needed.
_FEWEST_AHEAD: Final = 4


class LeasedSlots:
    """The slots of one key."""

    def __init__(
        self,
        exchange: LimitExchange,
        key: int,
        rate: float,
        burst: float,
        most_seconds: float = ANY_SECONDS,
    ) -> None:
        """One that begins after `most_seconds` is not reserved: its seconds say when to ask again."""
        self.rate: Final = rate
        self.burst: Final = burst
        seconds = min(_SHARE * burst / rate, _LONGEST)
        most = int(rate * seconds + 1e-9)
        # A run of one is asked for when it is needed, and used at once.
        self._lasts = seconds if most > 1 else 0.0
        self._most = min(max(most, 1), _MOST_AHEAD)
        self._exchange = exchange
        self.key: Final = key
        self._most_seconds = most_seconds
        self._run = 1
        self._used = 0
        self._asked_at = -math.inf
        self._is_ahead = False
        # When each begins, and until when it is good.
        self._at_hand: deque[tuple[float, float]] = deque()
        self._waiting: deque[asyncio.Future[float | None]] = deque()
        self._asking: deque[asyncio.Future[float | None]] = deque()

    def take(self, now: float) -> float | None:
        """Take the next slot at hand, and return the seconds until it begins; none if there is none."""
        at_hand = self._at_hand
        while at_hand:
            begins, until = at_hand.popleft()
            if now <= until:
                self._used += 1
                if not at_hand and self._run >= _FEWEST_AHEAD and not self._exchange.is_away:
                    self._is_ahead = True
                    self._exchange.ask_slots(self)
                return begins - now if begins > now else 0.0
        return None

    async def wait(self) -> float | None:
        """Ask for a slot, and return the seconds until it begins; none if the store is away."""
        if self._exchange.is_away:
            return None
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._exchange.ask_slots(self)
        return await waiting

    def is_idle(self) -> bool:
        return not self._waiting and not self._asking

    def ask(self, now: float) -> SlotsAsked | None:
        self._asking = deque(each for each in self._waiting if not each.done())
        self._waiting.clear()
        needed, is_ahead, self._is_ahead = len(self._asking), self._is_ahead, False
        if not needed and not is_ahead:
            return None
        seconds = max(now - self._asked_at, _SHORTEST)
        wanted = math.ceil((self._used + needed) * self._lasts / seconds)
        self._run = max(1, min(self._most, 2 * self._run, wanted))
        self._used, self._asked_at = 0, now
        burst = self.burst - self.rate * self._lasts
        number = max(needed, self._run)
        return SlotsAsked(self.key, self.rate, burst, number, self._most_seconds)

    def take_in(self, slots: Slots, sent: float, now: float) -> None:
        for number in range(slots.number):
            seconds = max(0.0, slots.seconds + number / self.rate)
            # By the store's clock it began no later than now, and no earlier than it was asked for.
            if not self._serve(seconds):
                self._at_hand.append((now + seconds, sent + seconds + self._lasts))
        number = slots.number
        while self._serve(max(0.0, slots.seconds + number / self.rate)):
            number += 1

    def fall_back(self) -> None:
        for waiting in (*self._asking, *self._waiting):
            if not waiting.done():
                waiting.set_result(None)
        self._asking.clear()
        self._waiting.clear()

    def _serve(self, seconds: float) -> bool:
        """Give a slot to the first who still waits; return false if there is none."""
        while self._asking:
            waiting = self._asking.popleft()
            if not waiting.done():
                waiting.set_result(seconds)
                self._used += 1
                return True
        return False
