"""
Clocks of providers: how far each is ahead of ours, so that what is signed is dated as it expects.

An offset is learned from answers to what was signed. It counts once two of them agree, or when the
provider refuses one.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jackfield.engine.clock_offset import NOTICED, told_offset
from jackfield.engine.ports import Response
from jackfield.kit.clock import Clock
from jackfield.kit.json import Json, encode

REFUSALS: Final = frozenset({400, 401, 403})

_NONE: Final = timedelta()
# A `Date` is cut off to a second; an answer that took longer tells too little.
_HALF: Final = timedelta(seconds=0.5)
_SLOWEST: Final = timedelta(seconds=20)
# Less is no matter to any provider; and two answers that differ by less agree.
_LITTLE: Final = timedelta(seconds=5)
_MOST_PLACES: Final = 10_000
_MOST_TOLD: Final = 1000
_FOR: Final = " for "
_WHOSE: Final = ("projectSecureId", "originOwnerId", "accountSecureId")


@dataclass(slots=True)
class _Known:
    ahead: timedelta = _NONE
    last: timedelta = _NONE


class ProviderClocks:
    """
    The offsets of one process, by place: the origin of a URL, or the statements of an account.

    `warn` is told once of a place that is far off, without whose it is.
    """

    def __init__(self, warn: Callable[[str, timedelta], None] | None = None) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._warn = warn
        self._told: set[str] = set()

    def ahead(self, place: str) -> timedelta:
        known = self._known.get(place)
        return _NONE if known is None else known.ahead

    def at(self, place: str, clock: Clock) -> Clock:
        """Return the clock of a place."""
        ahead = self.ahead(place)
        return (lambda: clock() + ahead) if ahead else clock

    async def send(
        self,
        place: str,
        clock: Clock,
        transmit: Callable[[Clock], Awaitable[Response]],
        *,
        repeats: bool,
    ) -> Response:
        """
        Send what is signed by a place's clock.

        One that `repeats` is sent once more if it was refused for its time.
        """
        sent = clock()
        response = await transmit(self.at(place, clock))
        is_new = self.learn(place, response, sent=sent, received=clock())
        if repeats and is_new and response.status in REFUSALS:
            response = await transmit(self.at(place, clock))
        return response

    def learn(
        self,
        place: str,
        response: Response,
        *,
        sent: datetime,
        received: datetime,
        is_refusal: bool | None = None,
    ) -> bool:
        """
        Take note of an answer; return whether the clock is another than was thought.

        A refusal is told by the status unless the caller knows better.
        """
        trip = received - sent
        # A cache says when it got the answer.
        if trip > _SLOWEST or "age" in response.headers:
            return False
        offset = told_offset(response.headers, sent + trip / 2 - _HALF)
        if offset is None:
            return False
        offset = offset if abs(offset) > _LITTLE else _NONE
        known = self._known.get(place)
        if known is None:
            if not offset:
                return False
            known = self._known[place] = _Known()
            if len(self._known) > _MOST_PLACES:
                self._known.popitem(last=False)
        agrees = abs(offset - known.last) <= _LITTLE
        known.last = offset
        counts = response.status in REFUSALS if is_refusal is None else is_refusal
        if abs(offset - known.ahead) <= _LITTLE or not (agrees or counts):
            return False
        known.ahead = offset
        if abs(offset) > NOTICED:
            self._tell(place.partition(_FOR)[0], offset)
        return True

    def _tell(self, place: str, offset: timedelta) -> None:
        if self._warn is not None and place not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(place)
            self._warn(place, offset)


def statements_of(connector_key: str, identifiers: Mapping[str, Json]) -> str:
    """
    Return the place of what the steps of a connector sign for one account.

    Where that goes is not known then. It may be a host that the account's user typed, whose answers
    must not date what is signed for others.
    """
    whose = [identifiers.get(name) for name in _WHOSE]
    return f"statements of {connector_key}{_FOR}{encode(whose).decode()}"
