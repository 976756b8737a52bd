"""Delivery of events to webhook endpoints, as they become due."""

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from jackfield.events.models import DELIVERIES
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.webhooks import delivery
from jackfield.webhooks.delivery import Receiver, Result
from jackfield.webhooks.models import ClaimedDelivery
from jackfield.webhooks.repo import Deliveries, claim

# For what no signal announces: another process on SQLite, and retries that become due.
POLL_SECONDS: Final = 1.0
_MOST: Final = 32
_EACH: Final = 4
# Claimed at once of one endpoint, and the rest at which more are claimed.
_AHEAD: Final = 64
_FEW: Final = 32
_MOST_AHEAD: Final = 512
_GRACE_SECONDS: Final = 5
# A lease is longer than an attempt can take: a killed process loses the lease, not the delivery.
_MARGIN_SECONDS: Final = 45
_LEAST_MARGIN_SECONDS: Final = 5
# How long an endpoint is cached.
_FRESH_SECONDS: Final = 1.0

_log = structlog.get_logger()


@dataclass(slots=True)
class _Queue:
    """The deliveries of one endpoint that this process has the lease of."""

    waiting: deque[ClaimedDelivery] = field(default_factory=deque[ClaimedDelivery])
    lanes: set[str] = field(default_factory=set[str])
    receiver: Receiver | None = None
    read_at: float = 0.0

    @property
    def size(self) -> int:
        return len(self.waiting) + len(self.lanes)

    def take(self) -> ClaimedDelivery | None:
        """Begin the first delivery whose lane is free."""
        if len(self.lanes) >= _EACH:
            return None
        for index, each in enumerate(self.waiting):
            if each.lane not in self.lanes:
                del self.waiting[index]
                self.lanes.add(each.lane)
                return each
        return None


class Deliverer:
    """
    Makes concurrent attempts of at most `seconds`: `_MOST` in all, `_EACH` for one endpoint.

    Deliveries of one subject to one endpoint are made one after the other. A delivery belongs to
    the process that has its lease; an attempt whose process died is made again once the lease ends.
    Deliveries are claimed ahead, and the results of several attempts are written at once, so that
    the database does not slow down a fast receiver.
    """

    def __init__(self, hub: Hub, *, seconds: float = delivery.SECONDS) -> None:
        self._hub = hub
        self._seconds = seconds
        self._queues: dict[str, _Queue] = {}
        self._results = _Results(hub)
        self._tasks: set[asyncio.Task[None]] = set()
        self._due = asyncio.Event()
        self._begun = 0
        self._under_way = 0
        self._is_stopping = False

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with self._hub.db.listen(DELIVERIES) as due:
            self._due = due
            try:
                while True:
                    due.clear()
                    if await self._claim():
                        continue
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(POLL_SECONDS):
                            await due.wait()
            finally:
                await self._stop()

    async def run_due(self) -> int:
        """Make every attempt that is due now; return their number."""
        begun = self._begun
        while await self.start_due():
            await self.finish()
        return self._begun - begun

    async def start_due(self) -> int:
        """Begin as many due attempts as there is room for; return their number."""
        begun = self._begun
        await self._claim()
        return self._begun - begun

    async def finish(self) -> None:
        """Wait for the attempts in progress, and those claimed."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _claim(self) -> int:
        """Claim deliveries that are due; return their number."""
        room = _MOST_AHEAD - sum(queue.size for queue in self._queues.values())
        if room < _AHEAD:
            return 0
        busy = [endpoint for endpoint, queue in self._queues.items() if queue.size > _FEW]
        # As much as the fullest of the others has room for; emptier ones get more the next time.
        taken = max((q.size for q in self._queues.values() if q.size <= _FEW), default=0)
        try:
            claimed = await claim(
                self._hub.db,
                until=self._lease_end(),
                most=room,
                each=_AHEAD - taken,
                busy=busy,
            )
        except HubError as error:
            _log.error("deliveries_not_claimed", code=error.code, detail=error.detail)
            return 0
        for each in claimed:
            self._queues.setdefault(each.endpoint_id, _Queue()).waiting.append(each)
        self._begin()
        return len(claimed)

    def _begin(self) -> None:
        """Begin as many attempts as there is room for."""
        for queue in list(self._queues.values()):
            while (
                not self._is_stopping
                and self._under_way < _MOST
                and (each := queue.take()) is not None
            ):
                self._begun += 1
                self._under_way += 1
                task = asyncio.get_running_loop().create_task(self._deliver(queue, each))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _deliver(self, queue: _Queue, claimed: ClaimedDelivery) -> None:
        result = None
        try:
            result = await self._attempt(queue, claimed)
        except Exception:  # noqa: BLE001 - one delivery must not end all others
            _log.exception("delivery_crashed", event_id=claimed.event_id)
        finally:
            self._under_way -= 1
            queue.lanes.discard(claimed.lane)
        self._begin()
        if queue.size == _FEW:
            self._due.set()
        if result is not None:
            await self._results.write(result)
        if not queue.size and self._queues.get(claimed.endpoint_id) is queue:
            del self._queues[claimed.endpoint_id]
            # Deliveries that had to wait for these may be claimed now.
            self._due.set()

    async def _attempt(self, queue: _Queue, claimed: ClaimedDelivery) -> Result | None:
        """Make an attempt; `None` if the lease is lost or the endpoint is gone."""
        left = (claimed.leased_until - self._hub.clock()).total_seconds()
        renewed: ClaimedDelivery | None = claimed
        if left < self._seconds + _LEAST_MARGIN_SECONDS:
            async with self._hub.db.write(claimed.project_id, delivery.ACTOR) as tx:
                renewed = await Deliveries(tx).renew(claimed, until=self._lease_end())
        now = time.monotonic()
        if queue.receiver is None or now - queue.read_at > _FRESH_SECONDS:
            queue.receiver = await delivery.find_receiver(self._hub, claimed)
            queue.read_at = now
        if renewed is None or queue.receiver is None:
            return None
        result = await delivery.attempt(self._hub, renewed, queue.receiver, seconds=self._seconds)
        return renewed, result

    async def _stop(self) -> None:
        """Stop within seconds: an attempt that is cut short is made again once its lease ends."""
        self._is_stopping = True
        waiting = [each for queue in self._queues.values() for each in queue.waiting]
        for queue in self._queues.values():
            queue.waiting.clear()
        try:
            await delivery.release(self._hub, waiting)
        except HubError as error:
            _log.error("deliveries_not_released", code=error.code, detail=error.detail)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GRACE_SECONDS)
        for task in self._tasks:
            task.cancel()

    def _lease_end(self) -> datetime:
        return self._hub.clock() + timedelta(seconds=self._seconds + _MARGIN_SECONDS)


class _Results:
    """Writes results of attempts in groups: those that arrive during a write go into the next."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: list[Result] = []
        self._turn = asyncio.Lock()

    async def write(self, result: Result) -> None:
        """Return once `result` is on disk; if it cannot be written, its lease ends by itself."""
        self._waiting.append(result)
        async with self._turn:
            some, self._waiting = self._waiting, []
            try:
                await delivery.settle(self._hub, some)
            except Exception:  # noqa: BLE001 - as a delivery that crashed
                _log.exception("deliveries_not_settled", count=len(some))
