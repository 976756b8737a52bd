"""The questions of one process to a store of limits: in few trips, and never for long.

Whatever is asked while a trip is under way goes with the next one. When the store fails or is slow,
everything that waits for it is told so, and goes by this process's own limits until it answers again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol, TypeAlias, TypeVar

import structlog

from jackfield.kit.limit_store import (
    LEASE_SECONDS,
    LimitStore,
    LimitStoreFailed,
    Place,
    PlacesAsked,
    Slots,
    SlotsAsked,
)

# A request waits for two trips at most: one that is under way, and its own.
TRIP_SECONDS: Final = 0.5
# For the first trip, and for trials of a store that was away: they connect.
_CONNECT_SECONDS: Final = 1.0
_CHECK_SECONDS: Final = 10.0
_TRIAL_PAUSE: Final = 1.0
_POLL_SECONDS: Final = 0.02
_LOOK_SECONDS: Final = 0.1
_RENEW_SECONDS: Final = LEASE_SECONDS / 4

_log = structlog.get_logger()

Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class AsksSlots(Protocol):
    """A bucket that asks for slots."""

    key: Final[int]

    def ask(self, now: float) -> SlotsAsked | None:
        """Return what is asked for now, if anything still is."""
        ...

    def take_in(self, slots: Slots, sent: float, now: float) -> None: ...

    def fall_back(self) -> None:
        """Go on without the store."""
        ...


class AsksPlaces(Protocol):
    """A bucket that asks for places and leaves them."""

    key: Final[int]

    def ask(self) -> PlacesAsked | None: ...

    def take_in(self, places: list[Place], now: float) -> bool:
        """Take what was given; return whether more is waited for."""
        ...

    def fall_back(self) -> None: ...

    def give_back(self, now: float) -> list[Place]:
        """Return the places that have not been of use for a while, which are then left."""
        ...

    def held(self) -> Iterable[Place]: ...


_B = TypeVar("_B", AsksSlots, AsksPlaces)


class LimitExchange:
    """All questions of one process to a store."""

    def __init__(
        self,
        store: LimitStore,
        *,
        now: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
        on_change: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`now` is a monotonic clock; `on_change` is told whether the store is away."""
        self.now: Final = now
        self.is_away = False
        self._store = store
        self._sleep = sleep
        self._on_change = on_change
        self._turn = asyncio.Lock()
        # As a set that keeps its order.
        self._slots: dict[AsksSlots, None] = {}
        self._places: dict[AsksPlaces, None] = {}
        self._polling: dict[AsksPlaces, None] = {}
        self._left: list[tuple[int, Place]] = []
        self._holders: dict[AsksPlaces, None] = {}
        self._renewed = 0.0
        self._trips: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_keeping = False
        self._is_polling = False

    def ask_slots(self, bucket: AsksSlots) -> None:
        self._slots[bucket] = None
        self._travel()

    def ask_places(self, bucket: AsksPlaces) -> None:
        self._places[bucket] = None
        self._travel()

    def leave(self, key: int, place: Place) -> None:
        """Leave a place soon; one that is not left while the store is away is so with its lease."""
        if not self.is_away:
            self._left.append((key, place))
            self._travel()

    async def check(self) -> None:
        """
        Make sure that the store answers.

        Raises:
            LimitStoreFailed: it does not.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(_CHECK_SECONDS):
                    await self._store.renew(self._held())
            except TimeoutError as error:
                msg = f"no answer in {_CHECK_SECONDS:.0f} seconds"
                raise LimitStoreFailed(msg) from error

    async def close(self) -> None:
        """Leave all places, and close the store."""
        tasks = [*self._tasks, *([self._trips] if self._trips else [])]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        held, was_away, self.is_away = [*self._left, *self._held()], self.is_away, True
        self._fall_back()
        if held and not was_away:
            with contextlib.suppress(LimitStoreFailed, TimeoutError):
                async with asyncio.timeout(TRIP_SECONDS):
                    await self._store.leave(held)
        await self._store.close()

    def _travel(self) -> None:
        if self._trips is None or self._trips.done():
            self._trips = asyncio.create_task(self._travel_while_asked())

    async def _travel_while_asked(self) -> None:
        while self._slots or self._places or self._left:
            if self.is_away:
                self._fall_back()
                return
            seconds = TRIP_SECONDS if self._store.is_open else _CONNECT_SECONDS
            await self._guarded(self._trip, seconds)

    async def _trip(self) -> None:
        left, self._left = self._left, []
        if left:
            await self._store.leave(left)
        if self._slots:
            await self._ask_for_slots()
        if self._places:
            await self._ask_for_places()

    async def _ask_for_slots(self) -> None:
        buckets, self._slots = _one_of_each_key(self._slots)
        sent = self.now()
        asked = [(each, question) for each in buckets if (question := each.ask(sent))]
        if not asked:
            return
        try:
            answers = await self._store.reserve([question for _, question in asked])
        except BaseException:
            # They are told with all others that it failed.
            self._slots = {**dict.fromkeys(each for each, _ in asked), **self._slots}
            raise
        now = self.now()
        for (bucket, _), slots in zip(asked, answers, strict=True):
            bucket.take_in(slots, sent, now)

    async def _ask_for_places(self) -> None:
        buckets, self._places = _one_of_each_key(self._places)
        asked = [(each, question) for each in buckets if (question := each.ask())]
        if not asked:
            return
        try:
            answers = await self._store.occupy([question for _, question in asked])
        except BaseException:
            self._places = {**dict.fromkeys(each for each, _ in asked), **self._places}
            raise
        now = self.now()
        for (bucket, _), places in zip(asked, answers, strict=True):
            if places:
                self._holders[bucket] = None
            if bucket.take_in(places, now):
                self._polling[bucket] = None
        self._look_after()
        if self._polling and not self._is_polling:
            self._is_polling = True
            self._start(self._poll())

    async def _poll(self) -> None:
        """Ask again soon for what was not to be had: what ends in another process is not told."""
        try:
            await self._sleep(_POLL_SECONDS)
        finally:
            self._is_polling = False
        polling, self._polling = self._polling, {}
        self._places |= polling
        self._travel()

    def _look_after(self) -> None:
        if self._holders and not self._is_keeping:
            self._is_keeping, self._renewed = True, self.now()
            self._start(self._keep())

    async def _keep(self) -> None:
        """Renew what is held, and leave what has not been of use for a while."""
        try:
            while self._holders:
                await self._sleep(_LOOK_SECONDS)
                now = self.now()
                for holder in list(self._holders):
                    for place in holder.give_back(now):
                        self.leave(holder.key, place)
                    if not any(True for _ in holder.held()):
                        del self._holders[holder]
                if now - self._renewed >= _RENEW_SECONDS and not self.is_away:
                    self._renewed = now
                    held = self._held()
                    await self._guarded(lambda held=held: self._store.renew(held), TRIP_SECONDS)
        finally:
            self._is_keeping = False

    def _held(self) -> list[tuple[int, Place]]:
        return [(each.key, place) for each in self._holders for place in each.held()]

    async def _guarded(self, question: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Ask, one at a time; if it fails or takes too long, the store is away."""
        async with self._turn:
            try:
                async with asyncio.timeout(seconds):
                    await question()
            except (LimitStoreFailed, TimeoutError) as error:
                self._lose(str(error) or f"no answer in {seconds} seconds")
            except Exception as error:  # noqa: BLE001 - no call fails, or waits for ever, for it
                _log.exception("limits_failed")
                self._lose(type(error).__name__)

    def _lose(self, detail: str) -> None:
        self._store.abandon()
        if not self.is_away:
            self.is_away = True
            self._on_change(True)
            _log.warning("limits_not_shared", detail=detail)
            self._start(self._try_again())
        self._fall_back()

    def _fall_back(self) -> None:
        self._left.clear()
        slots, self._slots = self._slots, {}
        places, self._places = {**self._places, **self._polling}, {}
        self._polling = {}
        for bucket in (*slots, *places):
            bucket.fall_back()

    async def _try_again(self) -> None:
        while self.is_away:
            await self._sleep(_TRIAL_PAUSE)
            async with self._turn:
                try:
                    async with asyncio.timeout(_CONNECT_SECONDS):
                        await self._store.renew(self._held())
                except Exception:  # noqa: BLE001 - it was said once that it is away
                    self._store.abandon()
                else:
                    self.is_away = False
        self._on_change(False)
        _log.info("limits_shared_again")

    def _start(self, work: "Awaitable[None]") -> None:
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _one_of_each_key(buckets: dict[_B, None]) -> tuple[list[_B], dict[_B, None]]:
    """Return the buckets that go with the next trip, and those that wait for another one."""
    first = {bucket.key: bucket for bucket in reversed(buckets)}
    going = set(first.values())
    return list(going), {bucket: None for bucket in buckets if bucket not in going}
