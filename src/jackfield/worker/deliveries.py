"""Delivering events to webhook endpoints, as they become due."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Final

import structlog

from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.webhooks import delivery
from jackfield.webhooks.models import ClaimedDelivery
from jackfield.webhooks.repo import claim

POLL_SECONDS: Final = 0.5
_MOST: Final = 32
_EACH: Final = 4
_GRACE_SECONDS: Final = 5
# A lease is longer than an attempt can take: who is killed loses the lease, not the delivery.
_MARGIN_SECONDS: Final = 45

_log = structlog.get_logger()


class Deliverer:
    """
    Makes attempts side by side, of at most `seconds`: `_MOST` in all, `_EACH` for one endpoint.

    A delivery belongs to whoever has its lease; an attempt whose process died is made again once
    the lease ends.
    """

    def __init__(self, hub: Hub, *, seconds: float = delivery.SECONDS) -> None:
        self._hub = hub
        self._seconds = seconds
        self._busy: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                started = await self.start_due()
                if not started:
                    await asyncio.sleep(POLL_SECONDS)
                elif len(self._tasks) >= _MOST:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._stop()

    async def run_due(self) -> int:
        """Make every attempt that is due now; return how many."""
        count = 0
        while started := await self.start_due():
            count += started
            await self.finish()
        return count

    async def start_due(self) -> int:
        """Begin attempts that are due, as many as there is room for; return how many."""
        room = _MOST - len(self._tasks)
        if room <= 0:
            return 0
        busy = [endpoint for endpoint, count in self._busy.items() if count >= _EACH]
        # What the busiest of the others has room for; those with more get it the next time.
        taken = max((count for count in self._busy.values() if count < _EACH), default=0)
        try:
            claimed = await claim(
                self._hub.db,
                until=self._hub.clock() + timedelta(seconds=self._seconds + _MARGIN_SECONDS),
                most=room,
                each=_EACH - taken,
                busy=busy,
            )
        except HubError as error:
            _log.error("deliveries_not_claimed", code=error.code, detail=error.detail)
            return 0
        for each in claimed:
            self._busy[each.endpoint_id] += 1
            task = asyncio.get_running_loop().create_task(self._deliver(each))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claimed)

    async def finish(self) -> None:
        """Wait for the attempts under way; none of them takes long."""
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _stop(self) -> None:
        """End soon: an attempt that is cut short is made again once its lease ends."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GRACE_SECONDS)
        for task in self._tasks:
            task.cancel()

    async def _deliver(self, claimed: ClaimedDelivery) -> None:
        try:
            await delivery.deliver(self._hub, claimed, seconds=self._seconds)
        except Exception:  # noqa: BLE001 - one delivery must not end all others
            _log.exception("delivery_crashed", event_id=claimed.event_id)
        finally:
            self._busy[claimed.endpoint_id] -= 1
            if not self._busy[claimed.endpoint_id]:
                del self._busy[claimed.endpoint_id]
