"""Delivery of events to webhook endpoints, as they become due."""

import asyncio
import contextlib
import time
from datetime import datetime, timedelta
from typing import Final

import structlog

from jackfield.events.models import DELIVERIES
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.webhooks import delivery
from jackfield.webhooks.backlog.repo import claim, pending_endpoints
from jackfield.webhooks.delivery import Receiver, Result
from jackfield.webhooks.models import ClaimedDelivery
from jackfield.webhooks.repo import Deliveries
from jackfield.worker.delivery_queues import Begun, DeliveryQueues, Pace

# For what no signal announces: another process on SQLite, and retries that become due.
POLL_SECONDS: Final = 1.0
# Claimed at once of one endpoint: fewer where more endpoints have something due.
_AHEAD: Final = 64
_LEAST_AHEAD: Final = 16
# The rest at which more of an endpoint is claimed.
_FEW: Final = 32
# Claimed in all of quick receivers.
_MOST_AHEAD: Final = 1024
# Claimed together: what is more would keep other writers of SQLite waiting.
_TOGETHER: Final = 512
# Claimed in all.
_MOST_HELD: Final = 8192
# Looked at of one endpoint, beyond what is claimed, and in all: others may have claimed the first.
_MORE_LOOKED_AT: Final = 8
_LOOKED_AT: Final = 256
# Endpoints that are looked at together for what is due.
_ENDPOINTS: Final = 128
_GRACE_SECONDS: Final = 5
# A lease is longer than an attempt can take: a killed process loses the lease, not the delivery.
_MARGIN_SECONDS: Final = 45
_LEAST_MARGIN_SECONDS: Final = 5
# How long an endpoint is cached.
_FRESH_SECONDS: Final = 1.0
# An attempt that takes longer has no place among those to quick receivers.
_QUICK_SECONDS: Final = 0.25

_log = structlog.get_logger()


class Deliverer:
    """
    Makes concurrent attempts of at most `seconds`.

    Endpoints take turns, and receivers that are slow or do not answer have places of their own
    (`DeliveryQueues`), so that a long backlog or a dead receiver keeps no other waiting.
    Deliveries of one subject to one endpoint are made one after the other. A delivery belongs to
    the process that has its lease; an attempt whose process died is made again once the lease ends.
    Deliveries are claimed ahead, and the results of several attempts are written at once, so that
    the database does not slow down a fast receiver.
    """

    def __init__(self, hub: Hub, *, seconds: float = delivery.SECONDS) -> None:
        self._hub = hub
        self._seconds = seconds
        self._queues = DeliveryQueues()
        self._receivers = _Receivers(hub)
        self._results = _Results(hub)
        self._tasks: set[asyncio.Task[None]] = set()
        self._due = asyncio.Event()
        self._begun = 0
        # The endpoint after which the next claim begins.
        self._after = ""
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
        """Claim deliveries that are due, of the next endpoints; return their number."""
        begin = self._after
        try:
            while self._has_room():
                endpoints = await self._next_endpoints(_TOGETHER // _LEAST_AHEAD)
                if endpoints and (claimed := await self._claim_of(endpoints)):
                    self._queues.add(claimed)
                    self._begin()
                    return len(claimed)
                # Once around: no further than where it began.
                if not self._after:
                    if not begin:
                        break
                    begin = ""
        except HubError as error:
            _log.error("deliveries_not_claimed", code=error.code, detail=error.detail)
        return 0

    def _has_room(self) -> bool:
        """Return whether more may be claimed."""
        quick = held = 0
        for queue in self._queues:
            held += queue.size
            if queue.pace is Pace.QUICK:
                quick += queue.size
        return quick + _TOGETHER <= _MOST_AHEAD and held + _TOGETHER <= _MOST_HELD

    async def _next_endpoints(self, most: int) -> list[str]:
        """Return up to `most` endpoints that have something due and not enough claimed."""
        found = await pending_endpoints(self._hub.db, after=self._after, most=_ENDPOINTS)
        chosen: list[str] = []
        for each in found:
            self._after = each.endpoint_id
            if each.is_due and self._may_claim(each.endpoint_id):
                chosen.append(each.endpoint_id)
                if len(chosen) == most:
                    return chosen
        if len(found) < _ENDPOINTS:
            self._after = ""
        return chosen

    def _may_claim(self, endpoint_id: str) -> bool:
        queue = self._queues.get(endpoint_id)
        if queue is None:
            return True
        return queue.size <= _FEW if queue.pace is Pace.QUICK else not queue.waiting

    async def _claim_of(self, endpoints: list[str]) -> list[ClaimedDelivery]:
        # As much as the fullest of them has room for; emptier ones get more the next time.
        queues = [queue for each in endpoints if (queue := self._queues.get(each)) is not None]
        each = _AHEAD - max((queue.size for queue in queues), default=0)
        each = max(_LEAST_AHEAD, min(each, _TOGETHER // len(endpoints)))
        return await claim(
            self._hub.db,
            endpoints=endpoints,
            until=self._lease_end(),
            most=_TOGETHER,
            each=each,
            looked_at=max(each + _MORE_LOOKED_AT, _LOOKED_AT // len(endpoints)),
        )

    def _begin(self) -> None:
        """Begin as many attempts as there is room for."""
        while not self._is_stopping and (begun := self._queues.begin()) is not None:
            self._begun += 1
            task = asyncio.get_running_loop().create_task(self._deliver(begun))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, begun: Begun) -> None:
        result = None
        try:
            result = await self._attempt(begun)
        except Exception:  # noqa: BLE001 - one delivery must not end all others
            _log.exception("delivery_crashed", event_id=begun.claimed.event_id)
        finally:
            self._queues.end(begun, None if result is None else _pace(begun, result))
        self._begin()
        queue = begun.queue
        if queue.size == _FEW or not (queue.waiting or queue.pace is Pace.QUICK):
            self._due.set()
        if result is not None:
            await self._results.write(result)
        if self._queues.finish(begun):
            self._receivers.forget(queue.endpoint_id)
            # Deliveries that had to wait for these may be claimed now.
            self._due.set()
        self._begin()

    async def _attempt(self, begun: Begun) -> Result | None:
        """Make an attempt; `None` if the lease is lost or the endpoint is gone."""
        claimed = begun.claimed
        left = (claimed.leased_until - self._hub.clock()).total_seconds()
        renewed: ClaimedDelivery | None = claimed
        if left < self._seconds + _LEAST_MARGIN_SECONDS:
            async with self._hub.db.write(claimed.project_id, delivery.ACTOR) as tx:
                renewed = await Deliveries(tx).renew(claimed, until=self._lease_end())
        receiver = await self._receivers.find(claimed)
        if renewed is None or receiver is None:
            return None
        late = asyncio.get_running_loop().call_later(_QUICK_SECONDS, self._slow_down, begun)
        try:
            result = await delivery.attempt(self._hub, renewed, receiver, seconds=self._seconds)
        finally:
            late.cancel()
        return renewed, result

    def _slow_down(self, begun: Begun) -> None:
        self._queues.slow_down(begun)
        self._begin()
        # There may be room for others.
        self._due.set()

    async def _stop(self) -> None:
        """Stop within seconds: an attempt that is cut short is made again once its lease ends."""
        self._is_stopping = True
        try:
            await delivery.release(self._hub, self._queues.clear())
        except HubError as error:
            _log.error("deliveries_not_released", code=error.code, detail=error.detail)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GRACE_SECONDS)
        for task in self._tasks:
            task.cancel()

    def _lease_end(self) -> datetime:
        return self._hub.clock() + timedelta(seconds=self._seconds + _MARGIN_SECONDS)


def _pace(begun: Begun, result: Result) -> Pace | None:
    """Return how the receiver answered; `None` if nothing was sent."""
    claimed, answer = result
    if claimed.body is None:
        return None
    if answer.status is None:
        return Pace.SILENT
    return Pace.SLOW if begun.is_late else Pace.QUICK


class _Receivers:
    """Receivers of deliveries, each read once in a moment."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._reads: dict[str, tuple[float, asyncio.Task[Receiver | None]]] = {}

    async def find(self, claimed: ClaimedDelivery) -> Receiver | None:
        now = time.monotonic()
        read = self._reads.get(claimed.endpoint_id)
        if read is None or now - read[0] > _FRESH_SECONDS:
            found = asyncio.create_task(delivery.find_receiver(self._hub, claimed))
            read = self._reads[claimed.endpoint_id] = (now, found)
        # Others wait for it, too.
        return await asyncio.shield(read[1])

    def forget(self, endpoint_id: str) -> None:
        self._reads.pop(endpoint_id, None)


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
            if not some:
                # Another wrote it.
                return
            try:
                await delivery.settle(self._hub, some)
            except Exception:  # noqa: BLE001 - as a delivery that crashed
                _log.exception("deliveries_not_settled", count=len(some))
